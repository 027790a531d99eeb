// The forms of the page. Each form is a POST to an address below the page's root. The answer is the
// page with the form, or, for page.js, a text to read aloud.
//
// A browser adds its cookie to every request that a page of another site makes it send. So a form
// acts only if it has the token that is bound to the session, and if the browser does not say that
// the request comes from another site.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "endpoints/log_in.hpp"
#include "endpoints/operations/changed.hpp"
#include "endpoints/pages.hpp"
#include "endpoints/problem.hpp"
#include "endpoints/shown_objects.hpp"
#include "http/answer.hpp"
#include "http/form.hpp"
#include "model/description.hpp"

namespace vitals::endpoints {
namespace {

using http::Response;

constexpr std::size_t most_patterns = 100;
constexpr std::size_t longest_token = 4'096;
constexpr std::chrono::hours longest_mute{24 * 3650};

std::string text_of(const http::Pairs& fields, std::string_view name) {
    const std::string* value = http::value_of(fields, name);
    return value == nullptr ? std::string() : *value;
}

// Where the browser goes afterwards: a path of this page, which cannot be read as another host.
std::string next_of(const http::Pairs& fields, const std::string& root) {
    std::string next = text_of(fields, "next");
    const bool safe = next.starts_with(root) && !next.starts_with("//") && next.size() <= 2'048 &&
                      std::ranges::none_of(next, [](char c) {
                          return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '\\' ||
                                 static_cast<unsigned char>(c) >= 0x80;
                      });
    return safe ? next : root;
}

Response see(const std::string& next) {
    Response response;
    response.status = 303;
    response.headers.emplace_back("Location", next);
    return response;
}

bool wants_json(const http::Head& head) {
    const std::string_view* const accept = head.field("accept");
    return accept != nullptr && accept->find("application/json") != std::string_view::npos;
}

}  // namespace

std::optional<Pages::Form> Pages::form_at(std::string_view rest) {
    using Kind = Form::Kind;
    constexpr std::pair<std::string_view, Kind> whole[] = {
        {"silence", Kind::silence}, {"unsilence", Kind::unsilence},
        {"drain", Kind::drain},     {"recommission", Kind::recommission},
        {"login", Kind::login},     {"logout", Kind::logout}};
    for (const auto& [path, kind] : whole)
        if (path == rest) return Form{kind, {}};
    constexpr std::tuple<std::string_view, std::string_view, Kind> below[] = {
        {"c/", "/run", Kind::run}, {"i/", "/ack", Kind::ack}, {"i/", "/note", Kind::note}};
    for (const auto& [before, after, kind] : below) {
        if (!rest.starts_with(before) || !rest.ends_with(after)) continue;
        if (rest.size() <= before.size() + after.size()) continue;
        rest.remove_prefix(before.size());
        rest.remove_suffix(after.size());
        return Form{kind, std::string(rest)};
    }
    return {};
}

void Pages::plan_form(const PageQuestion& question, Form form, Visit made, Plan& plan) {
    const auto& [head, target, peer, found, who] = question;
    const Manner manner{.json = wants_json(head), .path = std::string(target.raw_path)};
    const auto visit = std::make_shared<Visit>(std::move(made));
    const bool entry = form.kind == Form::Kind::login;
    if (!Access::same_site(head)) {
        plan.response = problem(*visit, manner, 403, "This comes from a web page elsewhere.");
        return;
    }
    if (!entry) {
        Identity identity = visit->identity;
        identity.shown = identity.shown || identity.token >= 0;
        plan.response =
            access_.refuse(*routes_, *found.endpoint, "POST", head, identity, peer, kept_.now());
        if (plan.response) return;
        if (!visit->viewer.control && form.kind != Form::Kind::logout) {
            plan.response = problem(
                *visit, manner, visit->viewer.name.empty() ? 401 : 403,
                "This needs a log-in with a token that has the right `control`. Nothing was done.");
            if (plan.response->status == 401)
                plan.response->headers.emplace_back("WWW-Authenticate", "Bearer");
            return;
        }
    }
    plan.reads_body = true;
    plan.action = [this, visit, manner, form = std::move(form), peer, who, entry](
                      const std::string& body, const Reply& reply) -> std::optional<Response> {
        const auto fields = http::form_of(body);
        if (!fields) return problem(*visit, manner, 400, "The form cannot be read.");
        if (entry) return log_in_by_form(*visit, peer, *fields);
        const std::string bound =
            visit->cookie.empty() ? fmt::format("listener {}", peer.listener) : visit->cookie;
        if (!visit->by_token &&
            !shared_.sessions.is_form_token(text_of(*fields, "form_token"), bound))
            return problem(*visit, manner, 403,
                           "The page is from an earlier log-in: load it again. Nothing was done.");
        if (form.kind == Form::Kind::logout)
            return log_out(shared_, peer, visit->cookie, see(next_of(*fields, visit->root)));
        return carry_out(form, visit, manner, *fields, who, reply);
    };
}

std::optional<Response> Pages::carry_out(const Form& form, const Shown& visit, const Manner& manner,
                                         const http::Pairs& fields, const std::string& who,
                                         Reply reply) {
    const Control& control = shared_.control;
    const std::string& by = visit->viewer.name;
    const std::string next = next_of(fields, visit->root);
    const auto refuse = [&](int status, std::string_view why) {
        return problem(*visit, manner, status, why);
    };
    std::string text = text_of(fields, "text");
    switch (form.kind) {
        case Form::Kind::run:
            if (!control.run) break;
            control.run(form.subject,
                        [=, this, post = loop_.post](std::shared_ptr<const ComponentState> state) {
                            post([=, this] {
                                if (state == nullptr)
                                    return reply(problem(*visit, manner, 404,
                                                         "There is no component of this name."));
                                std::string told = fmt::format(
                                    "{}: {}", state->name(), to_string(state->status(kept_.now())));
                                if (state->last != nullptr && !state->last->detail.empty())
                                    told += ", " + state->last->detail;
                                reply(done(manner, next, "Has run", told));
                            });
                        });
            return {};
        case Form::Kind::ack:
            if (!control.people.acknowledge) break;
            if (!text.empty() && !is_line(text, longest_line))
                return refuse(400, "The text must be one line of at most 1024 bytes.");
            control.people.acknowledge(form.subject, by, std::move(text),
                                       reply_with(visit, manner, next, "Acknowledged",
                                                  "Acknowledged by " + by, std::move(reply)));
            return {};
        case Form::Kind::note: {
            if (!control.people.note) break;
            std::erase(text, '\r');
            if (!is_note(text))
                return refuse(400, "A note must have some text, at most 4096 bytes.");
            const std::string word = text_of(fields, "state");
            const auto state =
                word.empty() ? present_state(sight_.board(), form.subject) : note_state_of(word);
            if (!state) return refuse(400, "The state of the note is not known.");
            control.people.note(
                form.subject, by, *state, text_of(fields, "public") == "on", std::move(text),
                reply_with(visit, manner, next, "Noted", "The note is written", std::move(reply)));
            return {};
        }
        case Form::Kind::silence:
            if (!control.people.mute) break;
            return mute(visit, manner, fields, next, std::move(reply));
        case Form::Kind::unsilence:
            if (!control.people.end_mute) break;
            control.people.end_mute(
                text_of(fields, "id"), by,
                reply_with(visit, manner, next, "Ended", "It is over", std::move(reply)));
            return {};
        case Form::Kind::drain:
        case Form::Kind::recommission: {
            if (!control.decommission) break;
            const bool out = form.kind == Form::Kind::drain;
            if (text.empty()) text = "by " + by;
            if (out && !is_line(text, longest_line))
                return refuse(400, "The text must be one line of at most 1024 bytes.");
            if (out && text == "OK") return refuse(400, "The text `OK` means in service.");
            control.decommission(out ? text : "OK", who, [=](bool durable) {
                Response answer = done(
                    manner, next, out ? "Out of service" : "In service",
                    durable ? (out ? "Out of service: " + text : std::string("In service again"))
                            : std::string("Done, but not saved: it will not "
                                          "survive a restart"));
                reply(std::move(answer));
            });
            return {};
        }
        case Form::Kind::login:
        case Form::Kind::logout:
            break;
    }
    return refuse(501, "This program does not offer that.");
}

std::optional<Response> Pages::mute(const Shown& visit, const Manner& manner,
                                    const http::Pairs& fields, const std::string& next,
                                    Reply reply) {
    const auto refuse = [&](std::string_view why) { return problem(*visit, manner, 400, why); };
    People::NewMute mute;
    for (const auto& [name, value] : fields)
        if (name == "match") mute.match.push_back(value);
    if (mute.match.empty() || mute.match.size() > most_patterns)
        return refuse("Name what is to be silenced: one to 100 patterns.");
    for (const std::string& pattern : mute.match) {
        if (!is_line(pattern, 256))
            return refuse("A pattern must be one line of at most 256 bytes.");
        if (const std::string problem = selector_problem(pattern); !problem.empty())
            return refuse("The pattern cannot be used: " + problem);
    }
    const auto duration = parse_duration(text_of(fields, "duration"));
    if (!duration || duration->count() <= 0 || *duration > longest_mute)
        return refuse("Say for how long: `1h`, `2d`, at most 3650 days.");
    mute.until = shared_.clock.system() + *duration;
    mute.maintenance = text_of(fields, "maintenance") == "on";
    mute.by = visit->viewer.name;
    mute.reason = text_of(fields, "reason");
    if (mute.reason.empty()) mute.reason = "no reason given";
    if (!is_line(mute.reason, longest_line))
        return refuse("The reason must be one line of at most 1024 bytes.");
    const std::string what = mute.maintenance ? "In maintenance" : "Silenced";
    const std::string told = fmt::format("{} for {}", what, text_of(fields, "duration"));
    shared_.control.people.mute(std::move(mute),
                                reply_with(visit, manner, next, what, told, std::move(reply)));
    return {};
}

Response Pages::log_in_by_form(Visit& visit, const Peer& peer, const http::Pairs& fields) {
    std::string token = text_of(fields, "token");
    while (token.ends_with(' ') || token.ends_with('\n') || token.ends_with('\r')) token.pop_back();
    const std::string next = next_of(fields, visit.root);
    if (token.size() > longest_token) token.clear();
    const LoggedIn result = log_in(shared_, *routes_, peer, token, kept_.now());
    wipe(token);
    if (result.set_cookie.empty()) {
        visit.view = {page::View::Kind::login, {}};
        visit.query.next = next;
        Response response = page::login(facts(visit), result.problem);
        response.status = result.status;
        if (result.wait.count() > 0)
            response.headers.emplace_back("Retry-After", std::to_string(result.wait.count()));
        return response;
    }
    if (!visit.cookie.empty()) shared_.sessions.end(visit.cookie);
    Response response = see(next);
    response.headers.emplace_back("Set-Cookie", result.set_cookie);
    return response;
}

Response Pages::done(const Manner& manner, const std::string& next, std::string_view done_word,
                     std::string_view detail) {
    if (!manner.json) return see(next);
    return json_answer([&](JsonWriter& writer) {
        writer.object().member("done", done_word).member("detail", detail).end_object();
    });
}

Response Pages::problem(Visit& visit, const Manner& manner, int status, std::string_view detail) {
    if (manner.json) return problem_answer(status, detail, manner.path);
    return page::message(facts(visit), status, "Nothing was done", detail);
}

// Results of other threads may arrive after this is destroyed: it is only used in posted functions.
People::Done Pages::reply_with(const Shown& visit, const Manner& manner, std::string next,
                               std::string done_word, std::string detail, Reply reply) {
    // The page that says what could not be done is made on this thread.
    return [=, this, post = loop_.post](const Changed& changed) {
        post([=, this] {
            if (!changed.problem.empty())
                return reply(problem(*visit, manner,
                                     changed.unknown ? 404
                                     : changed.over  ? 409
                                                     : 422,
                                     changed.problem));
            reply(done(manner, next, done_word,
                       changed.durable ? detail
                                       : detail + "; not saved, it will not survive a "
                                                  "restart"));
        });
    };
}

}  // namespace vitals::endpoints
