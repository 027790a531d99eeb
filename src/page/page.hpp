// The page of vitals: what a person sees. Pure functions from a snapshot, the board and what the
// history knows to bytes. No sockets, no sessions, no waiting: whoever serves the page asks which
// facts a view needs, fetches them, and hands them in.
//
// How a GET below the page's root is answered:
//
//     if (auto file = page::file(rest, query)) return *file;     // page.css, page.js, icons
//     const page::View view = page::view_of(rest);               // `rest` without the root,
//     decoded page::Facts facts{...}; const page::Needs needs = page::needs_of(view, facts);     //
//     what to ask the history for page::Gathered gathered = ...;                             //
//     what it said return page::render(view, facts, gathered);
//
// How the stream is fed, `GET ROOT/events/page?view=ADDRESS&h=24h`: `view` is address_of() of the
// view that it belongs to, to be read by view_of() after decoding; views without a stream do not
// ask for one. For each version, and at least every 5 s:
//
//     page::Parts now = page::parts_of(view, facts, gathered);   // once per view, range and right
//     page::Update update = page::update_of(before, now, every_5_s);  // once for all clients
//     update.reload        -> event `reload`, data empty: the set of components changed
//     update.data          -> event `part`, data as it stands; empty: nothing to say
//     else, after 5 s      -> event `beat`, data page::beat_of(facts)
//
// What people do is posted to addresses below the root, as application/x-www-form-urlencoded. Every
// form has the hidden fields `form_token` (Viewer::form_token; not the log-in's) and `next`, the
// path of the page that it stands on, which begins with the root. The answer is 303 to `next`; to a
// request with `Accept: application/json` it is `{"done": "Acknowledged", "detail": "..."}`, where
// `done` replaces the button's text, or a problem whose `detail` is read aloud. A problem without
// JavaScript is page::message().
//
//     c/NAME/run               -
//     i/ID/ack                 text (may be empty)
//     i/ID/note                text, state (one of to_string(NoteState), or empty: as it is),
//     public=on silence                  match (a pattern, may be repeated), duration (`1h`),
//     reason (may be
//                              empty), maintenance=on
//     unsilence                id
//     drain                    text (empty: by whom)
//     recommission             -
//     login                    token (the secret), next; no form_token
//     logout                   -
//
// Every name in an address is percent-encoded but for its slash.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dialects/dialect.hpp"
#include "http/response.hpp"
#include "model/board.hpp"
#include "model/fleet_view.hpp"
#include "model/objective.hpp"
#include "model/past.hpp"
#include "model/responses.hpp"
#include "vitals/snapshot.hpp"

namespace vitals::page {

// The viewer. `read` shows error texts, URLs and hosts; `control` shows buttons.
struct Viewer {
    bool read = false;
    bool control = false;
    std::string name;        // empty: nobody is logged in
    std::string form_token;  // bound to the session
};

// What the address selects. Unknown words mean the default.
struct Query {
    enum class Range : std::uint8_t { minutes90, hours24, days30, days90 };
    Range range = Range::hours24;    // h=90m|24h|30d|90d
    std::string search;              // q=
    std::string state;               // s=failed|degraded|unknown|maintenance, or empty
    bool unfold_all = false;         // open=all
    std::chrono::seconds reload{0};  // reload=10: by a header; at most an hour
    bool all = false;                // all: every entry of a long list
    std::string next;                // next= of the log-in
};
Query query_of(const http::Pairs& query);

// The content of /public, and nothing else.
struct Public {
    struct Service {
        std::string name;
        Selector components;
    };
    std::string name;  // empty: the page's title
    std::vector<Service> services;
};

// All that is known without a question. Refers to data of others, for the time of a call.
struct Facts {
    const Snapshot& snapshot;
    const Board& board;
    // These members count: now, now_system, disclose (as the endpoint says; Viewer::read makes it
    // full), components (the endpoint's selector) and embedded.
    const dialects::Request& request;
    Viewer viewer;
    Query query;
    std::string root = "/";                     // where the page is mounted, with its last slash
    std::string title;                          // the option of the endpoint, or empty
    std::chrono::milliseconds refresh{10'000};  // what `?reload` is offered with; 0: it is not
    bool can_log_in = true;         // there are tokens with a right to read or to control
    const Public* open = nullptr;   // null: there is no /public
    std::string version;            // of vitals
    std::string host;               // this machine; for viewers with the right to read
    std::string configuration;      // the file, for users without a configuration
    std::vector<std::string> data;  // paths where the same is served as data, for the footer
    std::span<const ObjectiveReport> objectives;  // all of them; only for wants_objectives()
    const FleetView* fleet = nullptr;             // null: this vitals belongs to no fleet
    // The zone of times that no script converts: a name of the IANA data base, or empty for UTC.
    std::string time_zone;
};

// The meaning of an address below the root.
struct View {
    enum class Kind : std::uint8_t {
        overview,   // ""
        component,  // c/NAME; `subject` is its name
        incident,   // i/ID; `subject` is its id
        incidents,  // history
        workers,    // workers
        fleet,      // fleet: its nodes
        events,     // events: what changed
        open,       // public
        login,      // login
        feed,       // incidents.atom
        none        // anything else: 404
    };
    Kind kind = Kind::none;
    std::string subject;
};
View view_of(std::string_view rest);
// The address of a view: `c/payments/node-03`, encoded.
std::string address_of(const View& view);

// What must be asked for before a view can be rendered. Empty parts need no question.
struct Needs {
    std::vector<std::string> names;     // Control::usual, and `pasts` if back > 0
    std::chrono::milliseconds back{0};  // Control::pasts of `names`
    struct Responses {
        std::string name;
        System from{};
        std::chrono::milliseconds step{};
        std::size_t count = 0;
    };
    std::optional<Responses> responses;  // Control::responses
    struct Changes {
        std::string name;
        std::size_t limit = 0;
    };
    std::optional<Changes> changes;  // Control::changes before now
    struct Incidents {
        std::string component;  // empty: of all
        std::size_t limit = 0;
    };
    std::optional<Incidents> incidents;  // People::incidents, the newest
    std::string incident;                // People::incident: the board no longer has it
    std::size_t happenings = 0;          // People::happenings before now: this many
};
Needs needs_of(const View& view, const Facts& facts);
// Whether that view shows what is left of budgets.
constexpr bool wants_objectives(const View& view) noexcept {
    return view.kind == View::Kind::component || view.kind == View::Kind::incident;
}

// The answers. Nothing: the history is away, and the page says so if it matters.
struct Gathered {
    std::vector<std::string> names;          // Needs::names when it was asked
    std::optional<std::vector<Past>> pasts;  // in their order
    std::vector<UsualTimes> usual;           // likewise; or empty
    std::optional<std::vector<ResponseStep>> responses;
    std::optional<std::vector<PastChange>> changes;
    using Incident = std::shared_ptr<const IncidentRecord>;
    std::optional<std::vector<Incident>> incidents;
    std::optional<Incident> incident;
    std::optional<std::vector<Happening>> happenings;
};

// The whole answer with its headers: the policy, no-store, and so on. 404 for an unknown address.
http::Response render(const View& view, const Facts& facts, const Gathered& gathered);
// The log-in page with an error, 403: `This token is not known.`
http::Response login(const Facts& facts, std::string_view problem);
// One sentence below a headline, with that status: what could not be done.
http::Response message(const Facts& facts, int status, std::string_view headline,
                       std::string_view text);
// `page.css`, `page.js`: with a long life if `query` has the digest of the bytes; else nothing.
std::optional<http::Response> file(std::string_view rest, const http::Pairs& query);

// ---- The stream ----

struct Part {
    std::string key;  // the id of its element: `verdict`, `g-payments`
    std::string html;
    std::uint64_t digest = 0;  // without what `rows` or the script show
};
struct Parts {
    std::uint64_t set = 0;  // of the names of the components, and of the program's version
    std::vector<Part> parts;
    std::vector<std::string> order;  // the ids of the groups, as they stand
    std::string rows;                // JSON: response and age of every row, in page order
    std::string title;
    char icon = 'o';
    std::string headline;  // read aloud when it changes
    std::string at;        // of the server's clock, RFC 3339
};
Parts parts_of(const View& view, const Facts& facts, const Gathered& gathered);
// The same set as on a page with these digests (`data-p`): only later changes are sent to it.
// Nothing if the digests do not fit.
std::optional<Parts> parts_shown(const Parts& now, std::string_view digests);

struct Update {
    bool reload = false;
    std::string data;  // JSON
};
// The difference between what was sent and the present state. `rows` alone are sent only with
// `figures`: every 5 s is enough.
Update update_of(const Parts& before, const Parts& now, bool figures);
std::string beat_of(const Facts& facts);

}  // namespace vitals::page
