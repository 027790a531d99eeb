// The page as bytes: its first sentence, who may read what, that no text can do harm, and that it
// stays small and fast.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "page/bars.hpp"
#include "page/frame.hpp"
#include "page/look.hpp"
#include "page_testing.hpp"

namespace vitals::page::testing {
namespace {

using namespace std::chrono_literals;

bool has(const std::string& body, std::string_view text) {
    return body.find(text) != std::string::npos;
}

std::string title_of(const std::string& body) {
    const auto from = body.find("<title>") + 7;
    return body.substr(from, body.find("</title>") - from);
}

std::string heading_of(const std::string& body) {
    const auto from = body.find("<h1");
    std::string words;
    bool tag = false;
    for (const char c : body.substr(from, body.find("</h1>") - from)) {
        if (c == '<') tag = true;
        if (!tag) words += c;
        if (c == '>') tag = false;
    }
    return words;
}

std::string header(const http::Response& response, std::string_view wanted) {
    for (const auto& [name, value] : response.headers)
        if (name == wanted) return value;
    return {};
}

const std::vector<std::string> every_view = {
    "",        "c/payments/node-03", "i/7f3a-41", "history", "workers", "events", "public", "login",
    "nowhere", "incidents.atom"};

// ---- what it says first ----

TEST(PageVerdict, names_the_cause_and_why_and_never_begins_with_a_count) {
    const std::string body = acme().page("").body;
    EXPECT_EQ(heading_of(body), "payments/node-03 is down: connection refused");
    EXPECT_EQ(title_of(body), "\u2715 payments/node-03: connection refused (+7)");
    EXPECT_TRUE(has(body, "7 components that need it are not ok either"));
    EXPECT_LT(body.find("id=verdict"), body.find("id=components"));
}

TEST(PageVerdict, tells_consequences_of_consequences_under_one_cause) {
    Shop shop = acme();
    const Facts facts = shop.facts();
    const View view;
    const Look look(facts, view);
    ASSERT_EQ(look.causes.size(), 2u);
    EXPECT_EQ(look.causes[0]->name(), "payments/node-03");
    EXPECT_EQ(look.causes[0]->consequences.size(), 7u);
    EXPECT_EQ(look.find("checkout/express")->cause->name(), "payments/node-03");
    EXPECT_EQ(look.causes[1]->name(), "edge/probe-sin");
}

TEST(PageVerdict, says_everything_works_when_it_does) {
    const std::string body = well_shop().page("").body;
    EXPECT_EQ(heading_of(body), "Everything works");
    EXPECT_EQ(title_of(body), "\u2713 Acme Online Shop");
    EXPECT_TRUE(has(body, "204 of 204 components are ok"));
}

TEST(PageVerdict, says_out_of_service_before_anything_else) {
    Shop shop = acme();
    shop.snapshot.decommission.text = "moving to the new rack";
    const std::string body = shop.page("").body;
    EXPECT_EQ(heading_of(body), "Out of service: moving to the new rack");
    EXPECT_TRUE(title_of(body).starts_with("\u2298 Out of service"));
    EXPECT_TRUE(has(body, "Back into service"));
    EXPECT_TRUE(has(body, "payments/node-03"));  // the states stay
    shop.viewer = {};
    EXPECT_FALSE(has(shop.page("").body, "new rack"));
}

TEST(PageVerdict, tells_what_to_do_when_nothing_is_watched) {
    Shop shop;
    shop.finish();
    const std::string body = shop.page("").body;
    EXPECT_EQ(heading_of(body), "Nothing is watched yet");
    EXPECT_TRUE(has(body, "Add components to /etc/vitals/vitals.yaml, or run vitals init"));
}

TEST(PageVerdict, counts_what_is_known_while_it_starts_but_not_for_ever) {
    Shop shop = well_shop();
    for (const char* name : {"caches/redis-01", "caches/redis-02"}) {
        shop.of(name).last = nullptr;
        shop.of(name).judged = Status::unknown;
    }
    shop.snapshot.started = shop.steady - 1s;
    EXPECT_EQ(heading_of(shop.page("").body), "Looking for the first time: 202 of 204 known");
    shop.snapshot.started = shop.steady - 10min;
    EXPECT_EQ(heading_of(shop.page("").body), "caches/redis-01 is not known: not run yet");
}

TEST(PageVerdict, says_nothing_of_an_objective_that_is_not_judged_yet) {
    Shop shop = well_shop();
    ComponentState& objective = shop.add("objectives/checkout", unknown(""), "objective");
    objective.last = nullptr;
    objective.judged = Status::unknown;
    shop.component("objectives/checkout").own = true;
    shop.component("objectives/checkout").critical = false;
    shop.finish();
    EXPECT_EQ(heading_of(shop.page("").body), "Everything works");
    EXPECT_TRUE(has(shop.page("").body, "checkout ? unknown")) << "the footer tells it";
}

TEST(PageVerdict, shows_blindness_as_a_problem_of_vitals) {
    Shop shop = well_shop();
    for (const auto& state : shop.snapshot.components) {
        if (state->component->own) continue;
        shop.of(state->name()).judged = Status::unknown;
        shop.of(state->name()).last = std::make_shared<Outcome>(unknown("no descriptors left"));
    }
    const std::string body = shop.page("").body;
    EXPECT_EQ(heading_of(body), "vitals cannot look: no descriptors left");
    EXPECT_TRUE(has(body, "204 components unknown"));
}

TEST(PageVerdict, tells_a_stale_result_with_its_age) {
    Shop shop = well_shop();
    ComponentState& state = shop.of("batch/payouts");
    state.observed = shop.steady - 200s;
    state.valid_until = state.observed + 25s;
    EXPECT_EQ(heading_of(shop.page("").body),
              "batch/payouts is not known: last result 3 min old, valid for 25 s");
    EXPECT_TRUE(has(shop.page("").body, "unknown, stale"));
}

TEST(PageVerdict, calls_a_failure_that_is_not_critical_a_limit) {
    Shop shop = well_shop();
    shop.of("batch/purge").judged = Status::failed;
    shop.of("batch/purge").last = std::make_shared<Outcome>(failed("no"));
    shop.component("batch/purge").critical = false;
    const std::string body = shop.page("").body;
    EXPECT_TRUE(has(body, "class=\"v d\" id=verdict"));
    EXPECT_TRUE(title_of(body).starts_with("! batch/purge"));
}

TEST(PageVerdict, tells_of_vitals_itself_only_when_it_is_not_ok) {
    EXPECT_TRUE(has(well_shop().page("").body, "engine \u2713"));
    Shop shop = well_shop();
    shop.of("vitals/store").judged = Status::degraded;
    shop.of("vitals/store").last = std::make_shared<Outcome>(degraded("disk full"));
    const std::string body = shop.page("").body;
    EXPECT_EQ(heading_of(body), "vitals/store works, with limits: disk full");
    EXPECT_TRUE(has(body, "store ! degraded"));
}

TEST(PageStates, have_a_word_each) {
    const std::string body = acme().page("").body;
    for (const char* words : {">failed</b>", ">degraded</b>", ">unknown, stale</b>",
                              ">unknown, blind</b>", ">maintenance</b>", "Measured: failed",
                              "acknowledged by jonas", "silenced by mara", "not acknowledged"})
        EXPECT_TRUE(has(body, words)) << words;
    Shop flapping = acme();
    flapping.board.flapping = {"payments/api"};
    EXPECT_TRUE(has(flapping.page("").body, "flapping"));
}

TEST(PageGroups, show_failures_first_and_fold_what_is_ok) {
    const std::string body = acme().page("").body;
    EXPECT_LT(body.find("id=\"g-payments\""), body.find("id=\"g-checkout\""));
    EXPECT_LT(body.find("id=\"g-checkout\""), body.find("id=\"g-caches\""));
    EXPECT_TRUE(has(body, "<details class=g id=\"g-caches\">"));
    EXPECT_TRUE(has(body, "13 more, all ok"));
}

TEST(PageFilter, hides_what_does_not_match_and_unfolds_what_does) {
    Shop shop = acme();
    shop.query.search = "Redis-0";
    const std::string body = shop.page("").body;
    EXPECT_TRUE(has(body, "<details class=g id=\"g-caches\" open>"));
    EXPECT_TRUE(has(body, "<details class=g id=\"g-queues\" hidden>"));
    EXPECT_TRUE(has(body, "value=\"Redis-0\""));
    shop.query = query_of({{"s", "failed"}});
    EXPECT_TRUE(has(shop.page("").body, "<section class=g id=\"g-batch\" hidden>"));
}

TEST(PageAddresses, lead_to_views) {
    EXPECT_EQ(view_of("c/payments/node-03").subject, "payments/node-03");
    EXPECT_EQ(view_of("i/7f3a-41").kind, View::Kind::incident);
    EXPECT_EQ(view_of("").kind, View::Kind::overview);
    EXPECT_EQ(view_of("workers/").kind, View::Kind::workers);
    EXPECT_EQ(view_of("c/").kind, View::Kind::none);
    for (const std::string& rest : every_view) EXPECT_EQ(address_of(view_of(rest)), rest);
    EXPECT_EQ(address_of({View::Kind::component, "a b/\u00fc?"}), "c/a%20b/%C3%BC%3F");
    const http::Response missing = acme().page("c/payments/none");
    EXPECT_EQ(missing.status, 404);
    for (const char* address : {"\"/history\"", "\"/workers\"", "\"/events\"", "\"/public\""})
        EXPECT_TRUE(has(missing.body, address)) << address;
}

TEST(PageAddresses, begin_with_the_root) {
    Shop shop = acme();
    Facts facts = shop.facts();
    facts.root = "/status/";
    for (const std::string& rest : every_view) {
        const std::string body = shop.page(rest, facts).body;
        for (std::size_t at = body.find("href=\"/"); at != std::string::npos;
             at = body.find("href=\"/", at + 1)) {
            const std::string link = body.substr(at + 6, body.find('"', at + 6) - at - 6);
            EXPECT_TRUE(link.starts_with("/status/") || link == "/health" || link == "/metrics" ||
                        link == "/v1/components")
                << rest << ": " << link;
        }
    }
}

// ---- rights ----

TEST(PageRights, keep_reasons_hosts_and_buttons_from_strangers) {
    Shop shop = acme();
    shop.viewer = {};
    for (const std::string& rest : every_view) {
        if (rest == "login") continue;
        const std::string body = shop.page(rest).body;
        for (const char* secret : {"ECONNREFUSED", "10.4.3.13", "mon-1.acme", "payments.yaml",
                                   "node-03.payments.acme", "jonas", "mara", "oncall@", "ops-night",
                                   "disk swap", "OPS-412", "the pipeline", "<button class=\"btn"})
            EXPECT_FALSE(has(body, secret)) << rest << ": " << secret;
    }
    EXPECT_TRUE(has(shop.page("").body, "connection refused"));  // the public detail
}

TEST(PageRights, show_reasons_with_read_and_buttons_with_control) {
    Shop shop = acme();
    shop.viewer = {true, false, "reader", ""};
    const std::string read = shop.page("c/payments/node-03").body;
    EXPECT_TRUE(has(read, "ECONNREFUSED"));
    EXPECT_TRUE(has(read, "payments.yaml:31"));
    EXPECT_FALSE(has(read, "<button class=\"btn"));
    shop.viewer = {true, true, "jonas", "4f1c"};
    const std::string control = shop.page("c/payments/node-03").body;
    for (const char* action :
         {"action=\"/i/7f3a-41/ack\"", "action=\"/silence\"", "action=\"/c/payments/node-03/run\"",
          "name=form_token value=\"4f1c\"", "name=next value=\"/c/payments/node-03\""})
        EXPECT_TRUE(has(control, action)) << action;
}

TEST(PageRights, hide_details_where_the_endpoint_tells_states_only) {
    Shop shop = acme();
    shop.viewer = {};
    shop.request.disclose = Disclosure::status;
    for (const char* rest : {"", "c/payments/node-03", "i/7f3a-41", "history", "events"})
        EXPECT_FALSE(has(shop.page(rest).body, "refused")) << rest;
}

TEST(PageRights, show_only_the_components_of_the_endpoint) {
    Shop shop = acme();
    const Selector only({"caches/*"});
    shop.request.components = &only;
    for (const char* rest : {"", "c/caches/redis-01", "history", "events", "workers"}) {
        const std::string body = shop.page(rest).body;
        for (const char* hidden : {"payments/", "node-03", "edge/", "settle-"})
            EXPECT_FALSE(has(body, hidden)) << rest << ": " << hidden;
    }
    EXPECT_EQ(shop.page("c/payments/node-03").status, 404);
    EXPECT_EQ(shop.page("i/7f3a-41").status, 404);
}

TEST(PublicPage, shows_nothing_of_the_components_behind) {
    const std::string body = acme().page("public").body;
    for (const char* secret : {"payments/", "checkout/", "redis", "refused", "mon-1", "jonas",
                               "mara", "ms<", "of 16", "disk swap", "status 503", "10.4"})
        EXPECT_FALSE(has(body, secret)) << secret;
    EXPECT_EQ(heading_of(body), "Checkout and Payments are partly out");
    EXPECT_TRUE(has(body, "Some payments fail. We are looking into it."));
    EXPECT_TRUE(has(body, "A faulty version was taken back."));
}

TEST(PublicPage, shows_only_notes_that_are_public) {
    Shop shop = acme();
    auto incident = std::make_shared<IncidentRecord>(*shop.board.incidents[0]);
    for (Note& note : incident->notes) note.is_public = false;
    shop.board.incidents[0] = incident;
    EXPECT_FALSE(has(shop.page("public").body, "We are looking into it."));
    shop.with_open = false;
    EXPECT_EQ(shop.page("public").status, 404);
}

// ---- no text can do harm ----

// Hostile text in every field that others write.
Shop hostile_shop() {
    const std::string evil =
        "\"'><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\xff";
    Shop shop;
    Outcome bad = failed(evil, ErrorClass::connect, evil);
    bad.phases = {{evil, 1ms}};
    bad.failed_phase = evil;
    bad.with(evil, evil);
    const std::string name = "g" + std::string("\"'><script>alert(1)</script>") + "/n<b>";
    shop.add(name, bad, evil);
    shop.add("needs/it", failed(evil), "http", {name});
    shop.add("fine/" + std::string("<script>"), ok(evil));
    shop.add("workers/w<script>", ok(evil), "workers");
    Component& component = shop.component(name);
    component.tags = {evil};
    component.target = evil;
    component.defined_in = evil;
    shop.snapshot.service = {evil, evil};
    auto group = std::make_shared<WorkerGroup>();
    group->name = "w<script>";
    group->workers = {{evil, shop.now, shop.steady, false},
                      {evil + "2", shop.now, shop.steady, true}};
    shop.snapshot.workers = {group};
    auto incident = std::make_shared<IncidentRecord>();
    incident->number = 1;
    incident->id = "<script>1";
    incident->roots = {name};
    incident->title = incident->error = evil;
    incident->opened = shop.now - 1h;
    incident->level = incident->worst = Status::failed;
    incident->acknowledged = Acknowledgement{shop.now, evil, evil};
    incident->members = {{"needs/it", shop.now, {}, Status::failed}};
    incident->notes = {{1, 1, shop.now, evil, NoteState::identified, true, evil}};
    incident->told = {{evil, evil, shop.now, 2, Delivery::State::refused, evil}};
    auto happening = std::make_shared<Happening>();
    happening->text = happening->by = evil;
    happening->at = shop.now;
    for (int what = 0; what < 14; ++what) {
        happening->what = static_cast<Happening::What>(what);
        happening->component = what % 2 == 0 ? name : "";
        shop.board.happenings.push_back(std::make_shared<Happening>(*happening));
        incident->before.push_back(*happening);
    }
    shop.board.incidents = {incident};
    shop.board.mutes = {{.id = evil,
                         .maintenance = false,
                         .match = {evil},
                         .from = shop.now,
                         .until = shop.now + 1h,
                         .hours = evil,
                         .by = evil,
                         .reason = evil,
                         .active = true}};
    shop.board.muted = {{"needs/it", 0}};
    shop.open.name = evil;
    shop.open.services = {{evil, Selector({"*"})}};
    shop.viewer = {true, true, evil, evil};
    shop.query.search = evil;
    shop.query.next = "/\"><script>";
    shop.finish();
    return shop;
}

TEST(PageSafety, keeps_hostile_text_inert_on_every_view) {
    Shop shop = hostile_shop();
    const Facts facts = shop.facts();
    std::vector<std::string> views = every_view;
    for (const auto& state : shop.snapshot.components) views.push_back("c/" + state->name());
    views.push_back("i/<script>1");
    views.push_back("c/none<script>");
    for (const std::string& rest : views) {
        const http::Response response = shop.page(rest, facts);
        for (const char* never :
             {"<script>", "<script ", "<img", "onerror=alert(1)>", "\x1b", "\xff"}) {
            std::string body = response.body;
            if (const auto own = body.find("<script type=module src=\"/page.js?");
                own != std::string::npos)
                body.erase(own, 8);
            EXPECT_FALSE(has(body, never)) << rest << ": " << never;
        }
    }
    for (const std::string& rest : views) {
        const View view = view_of(rest);
        const Parts parts = parts_of(view, facts, shop.gathered(view, facts));
        for (const Part& part : parts.parts)
            EXPECT_FALSE(has(part.html, "<script")) << rest << ": " << part.key;
        EXPECT_FALSE(has(parts.rows, "<script"));
    }
    EXPECT_FALSE(has(login(facts, "<script>").body, "<script>"));
    EXPECT_FALSE(has(message(facts, 409, "<script>", "<script>").body, "<script>"));
}

TEST(PageSafety, holds_a_strict_policy_and_nothing_inline) {
    const Shop shop = acme();
    for (const std::string& rest : every_view) {
        if (rest == "incidents.atom") continue;
        const http::Response response = shop.page(rest);
        const std::string policy = header(response, "Content-Security-Policy");
        EXPECT_TRUE(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"));
        EXPECT_FALSE(has(policy, "unsafe"));
        for (const char* never : {" style=", "<style", " onclick", "javascript:", "src=\"http"})
            EXPECT_FALSE(has(response.body, never)) << rest << ": " << never;
    }
}

TEST(PageSafety, sends_nobody_elsewhere_after_the_log_in) {
    Shop shop = acme();
    for (const char* next : {"//evil.example/", "https://evil.example/", "/\\evil.example", "x"}) {
        shop.query.next = next;
        EXPECT_FALSE(has(shop.page("login").body, "evil")) << next;
    }
    Facts facts = shop.facts();
    facts.query.next = "/c/payments/api";
    EXPECT_TRUE(has(shop.page("login", facts).body, "name=next value=\"/c/payments/api\""));
    EXPECT_EQ(login(facts, "This token is not known.").status, 403);
}

// ---- the past ----

Past past_of(std::vector<StateSpan> spans, System now) {
    return {.from = now - std::chrono::days(100),
            .now = now,
            .spans = std::move(spans),
            .skipped = {},
            .blind = {}};
}

std::string drawn(const History& history) {
    Markup out;
    history.write(out);
    return out.take();
}

TEST(PageBars, are_one_element_where_all_is_ok) {
    const System now = at(2, 17, 4);
    const Window window = window_of(Query::Range::hours24, now);
    const Past past = past_of({{now - std::chrono::days(100), Spent::ok}}, now);
    EXPECT_EQ(drawn(History(past, window)), "<i class=h></i>");
    EXPECT_EQ(History(past, window).said(), "ok throughout");
}

TEST(PageBars, are_taller_the_longer_it_failed) {
    const System now = at(2, 17, 4);
    const Window window = window_of(Query::Range::hours24, now);
    const auto failed_for = [&](std::chrono::milliseconds length) {
        const System from = window.from + window.step * 10;
        const Past past = past_of({{now - std::chrono::days(100), Spent::ok},
                                   {from, Spent::failed},
                                   {from + length, Spent::ok}},
                                  now);
        return drawn(History(past, window));
    };
    EXPECT_TRUE(has(failed_for(5s), "fill=url(#pf) d=\"M30 7h3v13h-3z\"")) << failed_for(5s);
    EXPECT_TRUE(has(failed_for(60s), "d=\"M30 4h3v16h-3z\""));
    EXPECT_TRUE(has(failed_for(10min), "d=\"M30 0h3v20h-3z\""));
}

TEST(PageBars, end_now_and_not_in_the_time_to_come) {
    const System now = at(2, 17, 4);
    const Window window = window_of(Query::Range::hours24, now);
    EXPECT_GT(window.end(), now);
    EXPECT_LE(window.end() - window.step, now);
    const Past past =
        past_of({{now - std::chrono::days(100), Spent::ok}, {now - 1min, Spent::failed}}, now);
    EXPECT_EQ(History(past, window).total().of(Spent::failed), 60s);
}

TEST(PageBars, say_how_much_of_the_time_somebody_looked) {
    const System now = at(2, 17, 4);
    const Window window = window_of(Query::Range::hours24, now);
    Past past = past_of({{now - std::chrono::days(100), Spent::ok}}, now);
    past.blind = {{now - 5h, now - 3h}};
    Markup out;
    History(past, window).write_uptime(out);
    EXPECT_EQ(out.take(), "100 %<br><small>of 91&nbsp;%</small>");
}

TEST(PageHistory, says_when_it_cannot_be_read) {
    Shop shop = acme();
    shop.history_away = true;
    EXPECT_TRUE(has(shop.page("").body, "The history cannot be read now"));
    EXPECT_TRUE(has(shop.page("c/payments/node-03").body, "The history cannot be read now"));
    EXPECT_EQ(shop.page("public").status, 200);
}

// ---- the stream ----

Parts parts_now(const Shop& shop, const std::string& rest = "") {
    const View view = view_of(rest);
    const Facts facts = shop.facts();
    return parts_of(view, facts, shop.gathered(view, facts));
}

TEST(PageStream, is_silent_while_only_time_passes) {
    Shop shop = acme();
    const Parts before = parts_now(shop);
    shop.request.now += 3s;
    shop.request.now_system += 3s;
    EXPECT_EQ(update_of(before, parts_now(shop), false).data, "");
    const Update figures = update_of(before, parts_now(shop), true);
    EXPECT_TRUE(has(figures.data, "\"parts\":{},")) << figures.data.substr(0, 200);
    EXPECT_TRUE(has(figures.data, "\"rows\":[["));
}

TEST(PageStream, sends_the_parts_that_changed_and_no_other) {
    Shop shop = acme();
    const Parts before = parts_now(shop);
    ComponentState& state = shop.of("caches/redis-07");
    state.judged = Status::failed;
    state.last = std::make_shared<Outcome>(failed("gone"));
    const Parts now = parts_now(shop);
    const Update update = update_of(before, now, false);
    EXPECT_FALSE(update.reload);
    EXPECT_TRUE(has(update.data, "\"g-caches\":"));
    EXPECT_TRUE(has(update.data, "\"verdict\":"));
    EXPECT_TRUE(has(update.data, "\"order\":[\"g-caches\",\"g-payments\""));
    EXPECT_FALSE(has(update.data, "\"g-payments\":"));
    EXPECT_FALSE(has(update.data, "\"g-queues\":"));
}

TEST(PageStream, is_what_the_page_itself_holds) {
    const Shop shop = acme();
    for (const char* rest : {"", "c/payments/node-03", "i/7f3a-41", "workers", "public"}) {
        const std::string body = shop.page(rest).body;
        const Parts parts = parts_now(shop, rest);
        EXPECT_FALSE(parts.parts.empty()) << rest;
        for (const Part& part : parts.parts) {
            EXPECT_TRUE(has(body, part.html)) << rest << ": " << part.key;
            EXPECT_TRUE(has(part.html.substr(0, 200), "id=" + part.key) ||
                        has(part.html.substr(0, 200), "id=\"" + part.key + "\""))
                << rest << ": " << part.html.substr(0, 200);
        }
    }
}

TEST(PageStream, asks_for_a_reload_when_the_set_of_components_changed) {
    Shop shop = acme();
    const Parts before = parts_now(shop);
    shop.add("new/one", ok());
    shop.finish();
    EXPECT_TRUE(update_of(before, parts_now(shop), true).reload);
}

// What a page reports of its content.
std::string shown_by(const std::string& body) {
    constexpr std::string_view before = "data-shown=\"";
    const auto from = body.find(before) + before.size();
    return body.substr(from, body.find('"', from) - from);
}

TEST(PageStream, sends_nothing_again_to_a_page_that_was_just_made) {
    for (const char* rest : {"", "c/payments/node-03", "i/7f3a-41", "workers", "public"}) {
        const Shop shop = acme();
        const View view = view_of(rest);
        const Facts facts = shop.facts();
        const Parts now = parts_of(view, facts, shop.gathered(view, facts));
        const auto before = parts_shown(now, shown_by(shop.page(rest).body));
        ASSERT_TRUE(before) << rest;
        const Update update = update_of(*before, now, false);
        EXPECT_FALSE(update.reload);
        EXPECT_TRUE(update.data.empty() || has(update.data, "\"parts\":{}"))
            << rest << ": " << update.data.substr(0, 300);
        EXPECT_LT(update.data.size(), 1'500u) << rest;
    }
}

TEST(PageStream, sends_a_page_what_changed_since_it_was_made) {
    Shop shop = acme();
    const std::string shown = shown_by(shop.page("").body);
    shop.of("storage/media").judged = Status::failed;
    shop.of("storage/media").last = std::make_shared<Outcome>(failed("disk full"));
    shop.finish();
    const Parts now = parts_now(shop);
    const auto before = parts_shown(now, shown);
    ASSERT_TRUE(before);
    const std::string data = update_of(*before, now, false).data;
    EXPECT_TRUE(has(data, "\"g-storage\":"));
    EXPECT_TRUE(has(data, "\"verdict\":"));
    EXPECT_TRUE(has(data, "\"title\":"));
    EXPECT_FALSE(has(data, "\"g-caches\":"));
}

TEST(PageStream, ignores_digests_that_do_not_fit) {
    const Shop shop = acme();
    const Parts now = parts_now(shop);
    const std::string shown = shown_by(shop.page("").body);
    for (const std::string& other :
         {std::string(), shown + "0", shown.substr(12), std::string(100'000, 'f')})
        EXPECT_FALSE(parts_shown(now, other));
    const auto nonsense = parts_shown(now, std::string(shown.size(), 'z'));
    ASSERT_TRUE(nonsense);
    EXPECT_TRUE(has(update_of(*nonsense, now, false).data, "\"g-caches\":")) << "all is sent";
}

// ---- budgets, and what was long ago ----

TEST(PageObjectives, tell_what_is_left_and_how_fast_it_burns) {
    const Shop shop = acme();
    const std::string body = shop.page("c/payments/node-03").body;
    EXPECT_TRUE(has(body, "<b>71 % left</b>")) << body;
    EXPECT_TRUE(has(body, "of the budget: 31 min of 43 min (99.9 % in 30 d)"));
    EXPECT_TRUE(has(body, "Burns 67.5 times too fast"));
    EXPECT_FALSE(has(body, "checkout,")) << "another objective";
    EXPECT_FALSE(has(shop.page("c/caches/redis-07").body, "of the budget"));
}

TEST(PageObjectives, say_when_they_are_overspent_or_not_known) {
    Shop shop = acme();
    shop.objectives.clear();
    shop.objective("payments", {"payments/node-03"}, 5000s, 0s);
    const std::string over = shop.page("c/payments/node-03").body;
    EXPECT_TRUE(has(over, "overspent")) << over;
    EXPECT_TRUE(has(over, "40 min over the budget of 43 min"));
    EXPECT_FALSE(has(over, "times too fast"));
    shop.objectives.front().account.reset();
    EXPECT_TRUE(has(shop.page("c/payments/node-03").body,
                    "<b>not known</b><small>of the budget of payments"));
}

TEST(PageObjectives, show_what_an_incident_cost) {
    const Shop shop = acme();
    const std::string body = shop.page("i/7f3a-41").body;
    EXPECT_TRUE(has(body, "Cost so far"));
    EXPECT_TRUE(
        has(body, "<dt>payments</dt><dd>9 % of the budget (4 min 3 s of 43 min); 71 % left"))
        << body.substr(body.find("id=cost"), 600);
    EXPECT_TRUE(has(body, "burns 67.5 times too fast over 1 h, 11.2 over 6 h"));
    Shop away = acme();
    away.history_away = true;
    EXPECT_FALSE(has(away.page("i/7f3a-41").body, "Cost so far"));
    Shop without = acme();
    without.objectives.clear();
    EXPECT_TRUE(has(without.page("i/7f3a-41").body, "<div id=cost></div>"));
}

TEST(PageObjectives, are_not_shown_on_a_page_that_hides_some_of_their_components) {
    Shop shop = acme();
    const Selector some({"payments/*"});
    shop.request.components = &some;
    EXPECT_TRUE(has(shop.page("c/payments/node-03").body, "of the budget"));
    EXPECT_FALSE(has(shop.page("i/7f3a-41").body, "<dt>checkout"));
    const Selector fewer({"payments/node-03"});
    shop.request.components = &fewer;
    EXPECT_FALSE(has(shop.page("c/payments/node-03").body, "of the budget"));
}

TEST(PageComponent, tells_when_it_was_seen_failing_last) {
    Shop shop = acme();
    EXPECT_TRUE(
        has(shop.page("c/caches/redis-02").body, "never seen failing since vitals watches it"));
    shop.was("caches/redis-02", 3 * 24 * 60, 5, Spent::failed);
    const std::string body = shop.page("c/caches/redis-02").body;
    EXPECT_TRUE(has(body, "<dt>Last seen failing</dt><dd><time datetime=2026-11-26T02:17:04Z"))
        << body;
    EXPECT_TRUE(has(body, "</time>, for 5 min</dd>"));
    EXPECT_FALSE(has(shop.page("c/payments/node-03").body, "Last seen failing")) << "it is now";
}

// ---- the zone of the times ----

TEST(PageZone, shows_times_by_its_clock_and_says_so) {
    Shop shop = acme();
    shop.time_zone = "Asia/Kolkata";  // five hours and a half
    const std::string body = shop.page("i/7f3a-41").body;
    EXPECT_TRUE(has(body,
                    "<time datetime=2026-11-29T02:17:04Z data-d title=\"2026-11-29 02:17:04 "
                    "UTC\">29 Nov 07:47:04</time> <span id=zone>Asia/Kolkata</span>"))
        << body.substr(body.find("As of"), 300);
    EXPECT_TRUE(has(shop.page("public").body, "<span id=zone>Asia/Kolkata</span>"));
    EXPECT_TRUE(has(shop.page("incidents.atom").body, "2026-11-29T02:15:20Z"));
    shop.time_zone = "";
    EXPECT_TRUE(has(shop.page("").body, ">29 Nov 02:17:04</time> <span id=zone>UTC</span>"));
}

TEST(PageZone, shows_the_date_when_the_day_differs) {
    Shop shop = acme();
    shop.time_zone = "America/New_York";
    EXPECT_TRUE(has(shop.page("").body, ">28 Nov 21:17:04</time>"));
    shop.time_zone = "Europe/Atlantis";
    EXPECT_TRUE(has(shop.page("").body, ">29 Nov 02:17:04</time>")) << "unknown: as it was";
}

// ---- the feed ----

TEST(PageFeed, has_stable_ids_and_the_time_of_the_last_change) {
    Shop shop = acme();
    const http::Response response = shop.page("incidents.atom");
    EXPECT_EQ(response.content_type, "application/atom+xml; charset=utf-8");
    EXPECT_TRUE(has(response.body, "<id>urn:vitals:incident:7f3a-41</id>"));
    EXPECT_TRUE(has(response.body, "<updated>2026-11-29T02:15:20Z</updated>"));
    EXPECT_LT(response.body.find("7f3a-41"), response.body.find("7f3a-31"));
}

// ---- very many components ----

std::size_t count_of(const std::string& body, std::string_view text) {
    std::size_t found = 0;
    for (auto at = body.find(text); at != std::string::npos; at = body.find(text, at + 1)) ++found;
    return found;
}

constexpr std::string_view wrong_row = "<tr class=x role=row>", ok_row = "<tr><th scope=row>";

// Every group-NN/node-NN is ok, except those that `wrong` says.
Shop many(std::size_t size, const std::function<bool(std::size_t)>& wrong) {
    Shop shop;
    for (std::size_t i = 0; i < size; ++i)
        shop.add(fmt::format("group-{:03}/node-{:02}", i / 20, i % 20),
                 wrong(i) ? failed("connection refused", ErrorClass::connect) : ok());
    shop.finish();
    for (std::size_t i = 0; i < size; ++i)
        if (wrong(i))
            shop.of(fmt::format("group-{:03}/node-{:02}", i / 20, i % 20)).judged = Status::failed;
    shop.finish();
    return shop;
}

TEST(PageOfMany, lists_all_up_to_a_thousand) {
    const std::string body = many(1'000, [](std::size_t i) { return i == 7; }).page("").body;
    EXPECT_EQ(count_of(body, wrong_row), 1u);
    EXPECT_EQ(count_of(body, ok_row), 999u);
    EXPECT_FALSE(has(body, "id=listed"));
}

TEST(PageOfMany, lists_every_one_that_is_not_ok_and_tells_true_totals) {
    // The last ones by name.
    const Shop shop = many(6'000, [](std::size_t i) { return i >= 5'010; });
    const std::string body = shop.page("").body;
    EXPECT_EQ(count_of(body, wrong_row), 990u);
    EXPECT_EQ(count_of(body, ok_row), 10u);
    EXPECT_TRUE(
        has(body, "<b>1000 of 6000 are listed</b>, the worst first. The other 5000 are ok. "));
    EXPECT_TRUE(has(body, ">All 6000</a>"));
    EXPECT_TRUE(has(body, "990 failed</a>"));
    EXPECT_TRUE(heading_of(body).ends_with(" is down, and 989 more")) << heading_of(body);
    // Every group with a problem has a line, and 200 others.
    EXPECT_TRUE(has(body, " 250 of 300 groups have a line."));
    // The bars of a group are those of all its components, or missing.
    EXPECT_FALSE(has(body, "All together."));
    EXPECT_TRUE(has(body, "20 ok are not listed: <a href=\"?h=24h&amp;q=group-000%2F\">"));
    EXPECT_TRUE(has(body, "data-events="));
}

TEST(PageOfMany, says_so_if_not_even_all_that_are_wrong_have_a_row) {
    const Shop shop = many(3'000, [](std::size_t i) { return i % 2 == 0; });
    const std::string body = shop.page("").body;
    EXPECT_EQ(count_of(body, wrong_row), 1'000u);
    EXPECT_EQ(count_of(body, ok_row), 0u);
    EXPECT_TRUE(has(body,
                    "<b class=F>500 more that are not ok or in maintenance are not listed</b>, and "
                    "1500 that are ok."));
    EXPECT_TRUE(has(body, "1500 failed</a>"));
    EXPECT_TRUE(has(body, "<b class=F>10 not ok or in maintenance</b> and 10 ok are not listed"));
    EXPECT_TRUE(has(body, "10 of 20 not ok"));
}

// The worst of all groups stand before the less bad of the first ones.
TEST(PageOfMany, prefers_the_worst_of_all_groups) {
    Shop shop = many(3'000, [](std::size_t i) { return i >= 2'990; });
    for (std::size_t i = 0; i < 2'990; ++i)
        shop.of(fmt::format("group-{:03}/node-{:02}", i / 20, i % 20)).judged = Status::degraded;
    shop.finish();
    const std::string body = shop.page("").body;
    EXPECT_EQ(count_of(body, wrong_row), 1'000u);
    for (int node = 10; node < 20; ++node)
        EXPECT_TRUE(has(body, fmt::format("group-149/node-{}\">", node))) << node;
}

TEST(PageOfMany, filters_at_the_server_and_then_does_not_follow) {
    Shop shop = many(5'000, [](std::size_t i) { return i == 4'999; });
    shop.query.search = "group-200/";
    const std::string one = shop.page("").body;
    EXPECT_EQ(count_of(one, ok_row), 20u);
    EXPECT_EQ(count_of(one, " id=\"g-"), 1u);
    EXPECT_TRUE(has(one, "20 of 5000 components fit. "));
    EXPECT_FALSE(has(one, "data-events="));
    EXPECT_EQ(heading_of(one), "group-249/node-19 is down: connection refused");
    shop.query.search = "node-0";
    const std::string half = shop.page("").body;
    EXPECT_EQ(count_of(half, ok_row), 1'000u);
    EXPECT_TRUE(has(half, "2500 of 5000 components fit. <b>1000 of 2500 are listed</b>"));
    shop.query.search.clear();
    shop.query.state = "failed";
    const std::string failing = shop.page("").body;
    EXPECT_EQ(count_of(failing, wrong_row) + count_of(failing, ok_row), 1u);
    EXPECT_TRUE(has(failing, "1 of 5000 components fit. "));
}

// Another component fails: it has a row, and the history of before still fits the others.
TEST(PageOfMany, follows_what_fails_later) {
    Shop shop = many(2'000, [](std::size_t) { return false; });
    const View view = view_of("");
    const Gathered before = shop.gathered(view, shop.facts());
    EXPECT_EQ(before.names.size(), 1'000u);
    const Parts old = parts_of(view, shop.facts(), before);
    shop.of("group-099/node-19").judged = Status::failed;
    shop.finish();
    const std::string body = render(view, shop.facts(), before).body;
    EXPECT_EQ(count_of(body, wrong_row), 1u);
    EXPECT_EQ(count_of(body, ok_row), 999u);
    EXPECT_FALSE(has(body, "The history cannot be read now"));
    const Update update = update_of(old, parts_of(view, shop.facts(), before), true);
    EXPECT_FALSE(update.reload);
    EXPECT_TRUE(has(update.data, "group-099"));
}

// ---- bytes and time ----

TEST(PageBudget, is_kept_at_all_sizes) {
    const std::vector<std::pair<std::size_t, std::size_t>> budgets = {
        {20, 30'000}, {60, 45'000}, {204, 70'000}, {1'000, 200'000}};
    for (const auto& [size, most] : budgets) {
        const std::string body = shop_of(size).page("").body;
        EXPECT_LE(body.size(), most) << size;
        std::printf("overview of %zu components: %zu bytes\n", size, body.size());
    }
    EXPECT_LE(many(20'000, [](std::size_t i) { return i % 10 == 0; }).page("").body.size(),
              1'000'000u);
    const Shop shop = acme();
    for (const char* rest : {"c/payments/node-03", "i/7f3a-41", "public"})
        EXPECT_LE(shop.page(rest).body.size(), 30'000u) << rest;
}

#if defined(__OPTIMIZE__) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
// The best of several, because other programs run beside it.
template <class Work>
double best_ms(Work work) {
    double best = 1e9;
    for (int i = 0; i < 7; ++i) {
        const auto from = std::chrono::steady_clock::now();
        work();
        best = std::min(
            best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - from)
                      .count());
    }
    return best;
}

TEST(PageBudget, is_rendered_in_time) {
    const Shop big = shop_of(1'000);
    const View overview = view_of("");
    const Facts facts = big.facts();
    const Gathered gathered = big.gathered(overview, facts);
    const double whole = best_ms([&] { render(overview, facts, gathered); });
    const double parts = best_ms([&] { parts_of(overview, facts, gathered); });
    const Shop shop = acme();
    const View view = view_of("c/payments/node-03");
    const Facts its = shop.facts();
    const Gathered found = shop.gathered(view, its);
    const double one = best_ms([&] { render(view, its, found); });
    std::printf("1,000 components: page %.1f ms, parts %.1f ms; component page %.1f ms\n", whole,
                parts, one);
    EXPECT_LE(whole, 50);
    EXPECT_LE(one, 20);
}
#endif

}  // namespace
}  // namespace vitals::page::testing
