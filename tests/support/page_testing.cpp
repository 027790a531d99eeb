#include "page_testing.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "model/clock.hpp"

namespace vitals::page::testing {

using namespace std::chrono_literals;

System at(int hour, int minute, int second, int days_ago) {
    return *parse_rfc3339("2026-11-29T00:00:00Z") + std::chrono::hours(hour) +
           std::chrono::minutes(minute) + std::chrono::seconds(second) -
           std::chrono::days(days_ago);
}

namespace {

// A number from 0 to 1 that depends on what it is for only.
double chance(std::string_view what, std::size_t number = 0) {
    std::uint64_t sum = 0xcbf29ce484222325ull + number * 0x9e3779b97f4a7c15ull;
    for (const char c : what) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    sum ^= sum >> 29;
    sum *= 0xbf58476d1ce4e5b9ull;
    return static_cast<double>(sum >> 40) / static_cast<double>(1ull << 24);
}

std::chrono::microseconds usual_micros(std::string_view name) {
    const double base = name.starts_with("caches/") ? 400
                        : name.starts_with("edge/") ? 46'000
                                                    : 11'900;
    return std::chrono::microseconds(std::llround(base * (.85 + .3 * chance(name))));
}

UsualTimes usual_times(const ComponentState& state) {
    UsualTimes usual;
    if (state.last == nullptr || state.last->duration.count() == 0) return usual;
    usual.runs = 8'640;
    usual.p50 = usual_micros(state.name());
    const auto part = [&](std::string name, double of) {
        usual.phases.push_back(
            {std::move(name),
             std::chrono::microseconds(std::llround(static_cast<double>(usual.p50.count()) * of))});
    };
    part("resolve", .02);
    part("connect", .05);
    part("tls", .33);
    part("request", .6);
    usual.last_ok = at(2, 12, 51);
    for (std::size_t i = 0; i < 45; ++i)
        usual.spark.push_back(std::chrono::microseconds(std::llround(
            static_cast<double>(usual.p50.count()) * (.8 + .5 * chance(state.name(), i)))));
    return usual;
}

}  // namespace

Shop::Shop() : now(at(2, 17, 4)), steady(Steady(std::chrono::hours(2000))) {
    snapshot.service = {"Acme Online Shop", "4.18.2"};
    snapshot.started = steady - std::chrono::hours(12 * 24 + 4);
    snapshot.taken = steady;
    snapshot.taken_at = now;
    request.now = steady;
    request.now_system = now;
    request.path = "/";
}

ComponentState& Shop::add(std::string name, Outcome outcome, std::string kind,
                          std::vector<std::string> needs) {
    auto component = std::make_shared<Component>();
    component->name = name;
    component->kind = std::move(kind);
    component->depends_on = std::move(needs);
    component->timeout = 2s;
    auto state = std::make_shared<ComponentState>();
    if (outcome.duration.count() == 0 && component->kind != "push" && component->kind != "workers")
        outcome.duration = usual_micros(name);
    state->judged = outcome.status;
    state->last = std::make_shared<Outcome>(std::move(outcome));
    const auto age = std::chrono::seconds(static_cast<int>(chance(name, 7) * 10));
    state->observed = steady - age;
    state->observed_at = now - age;
    state->valid_until = state->observed + 22s;
    state->since = at(1, 2, 0, 6) - std::chrono::minutes(static_cast<int>(chance(name) * 600));
    state->runs = {8'640, 2, 26, 1};
    state->component = component;
    components_[name] = component;
    return *(states_[name] = state);
}

void Shop::was(const std::string& name, double from, double length, Spent state) {
    const auto ago = [&](double minutes) {
        return now - std::chrono::milliseconds(std::llround(minutes * 60'000));
    };
    pasts_[name].push_back({ago(from), ago(from - length), state});
}

void Shop::objective(std::string name, std::vector<std::string> components,
                     std::chrono::milliseconds spent, std::chrono::milliseconds spent_lately) {
    using std::chrono::milliseconds;
    const auto account_of = [](milliseconds length, milliseconds down) {
        Account account;
        account.spent[static_cast<std::size_t>(Spent::failed)] = down;
        account.spent[static_cast<std::size_t>(Spent::ok)] = length - down;
        return account;
    };
    ObjectiveReport report;
    report.objective.name = std::move(name);
    report.components = components.size();
    std::ranges::sort(components);
    report.names = std::make_shared<const std::vector<std::string>>(std::move(components));
    report.account = account_of(report.objective.window, spent);
    for (std::size_t i = 0; i < burn_windows; ++i)
        report.burnt[i] = account_of(length_of(static_cast<BurnWindow>(i)), spent_lately);
    objectives.push_back(std::move(report));
}

void Shop::finish() {
    snapshot.components.clear();
    for (const auto& [name, state] : states_) snapshot.components.push_back(state);
    std::ranges::sort(snapshot.components, {}, [](const auto& state) { return state->name(); });
    snapshot.causes.clear();
    for (const auto& [name, state] : states_)
        for (const std::string& need : state->component->depends_on)
            if (state->judged == Status::failed && states_.contains(need) &&
                states_.at(need)->judged == Status::failed)
                snapshot.causes.emplace(name, need);
}

Facts Shop::facts() const {
    return {.snapshot = snapshot,
            .board = board,
            .request = request,
            .viewer = viewer,
            .query = query,
            .open = with_open ? &open : nullptr,
            .version = "2.3.0",
            .host = "mon-1.acme.example",
            .configuration = "/etc/vitals/vitals.yaml",
            .data = {"/health", "/metrics", "/v1/components"},
            .objectives = objectives,
            .fleet = fleet.get(),
            .time_zone = time_zone};
}

Gathered Shop::gathered(const View& view, const Facts& facts) const {
    const Needs needs = needs_of(view, facts);
    Gathered found;
    found.names = needs.names;
    if (!history_away) {
        found.pasts.emplace();
        found.incidents.emplace();
        found.changes.emplace();
        found.happenings.emplace();
    }
    for (const std::string& name : needs.names) {
        const ComponentState* state = snapshot.find(name);
        found.usual.push_back(usual_times(*state));
        if (history_away) continue;
        Past past{.from = now - std::chrono::days(80),
                  .now = now,
                  .spans = {},
                  .skipped = {},
                  .blind = {}};
        past.spans.push_back({past.from, Spent::ok});
        std::vector<Piece> pieces;
        if (const auto known = pasts_.find(name); known != pasts_.end()) pieces = known->second;
        std::ranges::sort(pieces, {}, &Piece::from);
        for (const Piece& piece : pieces) {
            if (piece.state == Spent::blind) {
                past.blind.push_back({piece.from, piece.to});
                continue;
            }
            past.spans.push_back({piece.from, piece.state});
            if (piece.to < now) past.spans.push_back({piece.to, Spent::ok});
        }
        past.blind = merged(past.blind);
        for (const ShownMute& mute : board.mutes)
            if (mute.maintenance && mute.from && *mute.from < now &&
                Selector(mute.match).takes(*state->component))
                past.planned.push_back({*mute.from, mute.until.value_or(System::max())});
        past.planned = merged(past.planned);
        // Older than 80 days is the first whole hour, so that a component without failures is ok
        // all the time.
        if (pieces.empty()) past.spans.front().start = past.from = now - std::chrono::days(120);
        found.pasts->push_back(std::move(past));
        if (!needs.changes) continue;
        Spent before = Spent::ok;
        for (const StateSpan& span : found.pasts->back().spans) {
            found.changes->insert(
                found.changes->begin(),
                {.component = name,
                 .from = before,
                 .to = span.state,
                 .first = span.start,
                 .decided = span.start,
                 .why = span.state == Spent::ok ? "1 of 1 ok run" : "connection refused",
                 .lasted = std::nullopt});
            before = span.state;
        }
    }
    if (needs.responses) {
        found.responses.emplace();
        for (std::size_t i = 0; i < needs.responses->count; ++i) {
            ResponseStep step{.at = needs.responses->from +
                                    needs.responses->step * static_cast<long>(i)};
            const auto micros = static_cast<double>(usual_micros(needs.responses->name).count());
            const double day = 1 + .25 * std::sin(static_cast<double>(i) / 14);
            const auto of = [&](double factor) {
                return std::chrono::microseconds(std::llround(micros * day * factor));
            };
            step.runs = i + 1 == needs.responses->count ? 0 : 96;
            step.p50 = of(.95 + .1 * chance("p50", i));
            step.p95 = of(1.6 + .4 * chance("p95", i) + (i == 20 || i == 60 ? 4 : 0));
            if (step.runs == 0) step.p50 = step.p95 = {};
            found.responses->push_back(step);
        }
    }
    if (needs.incidents && !history_away)
        for (const auto& incident : board.incidents)
            if (incident->closed) found.incidents->push_back(incident);
    if (needs.happenings > 0 && !history_away)
        for (const auto& happening : board.happenings) found.happenings->push_back(*happening);
    if (!needs.incident.empty()) found.incident = Gathered::Incident{};
    return found;
}

http::Response Shop::page(const std::string& rest, const Facts& facts) const {
    const View view = view_of(rest);
    return render(view, facts, gathered(view, facts));
}

namespace {

struct GroupOf {
    std::string name, kind;
    std::vector<std::string> names;
    std::string detail;
};

std::vector<std::string> with_numbers(std::vector<std::string> names, std::string_view stem,
                                      int from, int to, int width = 2) {
    for (int i = from; i <= to; ++i) names.push_back(fmt::format("{}{:0{}}", stem, i, width));
    return names;
}

std::vector<GroupOf> shop_groups() {
    std::vector<std::string> edge;
    for (const char* city : {"fra", "ams", "lhr", "iad", "sfo", "sin", "syd", "gru", "nrt", "jnb"})
        for (const char* part : {"cdn", "dns", "probe"})
            edge.push_back(fmt::format("{}-{}", part, city));
    return {
        {"payments", "http",
         with_numbers({"api", "refunds", "ledger-api", "webhooks", "fraud", "vault-keys"}, "node-",
                      1, 10),
         "status 200"},
        {"checkout", "http",
         with_numbers({"basket", "confirm", "express", "shipping", "tax", "coupons"}, "node-", 1,
                      6),
         "status 200"},
        {"billing",
         "http",
         {"invoices", "dunning", "export", "pdf", "mail", "vat", "archive", "bank"},
         "status 200"},
        {"catalog", "grpc",
         with_numbers({"search-api", "prices", "stock", "images"}, "node-", 1, 20), "SERVING"},
        {"search", "http", with_numbers({"query", "suggest"}, "node-", 1, 12),
         "status 200, 3 replicas"},
        {"caches", "redis", with_numbers(with_numbers({}, "redis-", 1, 18), "memcached-", 1, 6, 1),
         "written and read back"},
        {"databases", "postgres",
         with_numbers({"ledger", "shop", "reports", "sessions"}, "shard-", 1, 18),
         "written and read back"},
        {"queues",
         "amqp",
         {"orders", "mail", "events", "exports", "images", "payouts", "audit", "stock", "search",
          "retry", "dead-letter", "webhooks"},
         "12 queued, 4 consumers"},
        {"storage", "s3",
         with_numbers({"media", "invoices", "backups", "exports"}, "archive-", 1, 16, 1),
         "put, read, compared, gone"},
        {"edge", "http", edge, "status 200, cache hit"},
        {"workers",
         "workers",
         {"settlement", "mail", "images", "search-index", "exports", "webhooks", "stock-sync",
          "fraud-score", "pdf", "cleanup"},
         "4 of 4, last 2 s ago"},
        {"batch",
         "push",
         {"payouts", "turnover", "vat-report", "backup-db", "backup-media", "sitemap", "fx-rates",
          "reindex", "purge", "restore-drill", "certs", "metrics-rollup"},
         "done in 4 min 10 s"},
    };
}

void set_wrong(Shop& shop, const std::string& name, Outcome outcome, System since,
               std::vector<std::string> needs = {}) {
    const std::string kind = shop.component(name).kind;
    ComponentState& state = shop.add(name, std::move(outcome), kind, std::move(needs));
    state.since = since;
    state.failing_runs = 26;
    const double minutes = std::chrono::duration<double, std::ratio<60>>(shop.now - since).count();
    shop.was(name, minutes, minutes + 1, spent_of(state.judged));
}

void break_payments(Shop& shop) {
    const std::string cause = "payments/node-03";
    Outcome refused = failed("connection refused", ErrorClass::connect,
                             "10.4.3.13:8443: connect: Connection refused (ECONNREFUSED)");
    refused.phases = {{"resolve", 200us}, {"connect", 500us}};
    refused.failed_phase = "connect";
    refused.duration = 700us;
    set_wrong(shop, cause, std::move(refused), at(2, 13, 1),
              {"databases/ledger", "caches/redis-01", "payments/vault-keys"});
    Component& node = shop.component(cause);
    node.failures = 3;
    node.runbook = "https://wiki.acme.example/runbook/payments-node";
    node.target = "https://node-03.payments.acme.example:8443/health";
    node.defined_in = "payments.yaml:31";
    const auto unavailable = [](std::chrono::milliseconds took) {
        Outcome outcome = failed("status 503, expected 200", ErrorClass::assertion);
        outcome.duration = took;
        return outcome;
    };
    const auto late = [] {
        Outcome outcome = failed("timeout in first byte, 2 s", ErrorClass::timeout);
        outcome.duration = 2s;
        return outcome;
    };
    set_wrong(shop, "payments/api", unavailable(18ms), at(2, 13, 4), {cause});
    set_wrong(shop, "payments/refunds", unavailable(16ms), at(2, 13, 9), {cause});
    set_wrong(shop, "checkout/confirm", late(), at(2, 13, 12), {cause});
    set_wrong(shop, "checkout/express", late(), at(2, 13, 14), {"payments/api"});
    Outcome slow = degraded("slow: 4.1 s, bound 1.5 s");
    slow.duration = 4100ms;
    set_wrong(shop, "billing/invoices", std::move(slow), at(2, 13, 20), {cause});
    set_wrong(shop, "workers/settlement", degraded("2 of 4: settle-3, settle-4 silent"),
              at(2, 13, 38), {cause});
    set_wrong(shop, "batch/payouts", ok("done in 4 min 10 s"), at(2, 14, 9), {"payments/api"});
    ComponentState& stale = shop.of("batch/payouts");
    stale.observed = shop.steady - 200s;
    stale.observed_at = shop.now - 200s;
    stale.valid_until = stale.observed + 25s;
    shop.was("batch/payouts", 3, 4, Spent::unknown);
    set_wrong(shop, "edge/probe-sin",
              unknown("vitals could not look: its own resolver does not answer",
                      "resolv.conf: 10.0.0.53: no answer"),
              at(1, 55, 50));
    Outcome down = failed("connection refused", ErrorClass::connect, "10.4.9.2:9200: refused");
    down.duration = 300us;
    set_wrong(shop, "search/node-02", std::move(down), at(1, 30));
}

void remember(Shop& shop) {
    shop.was("payments/node-03", 1340, 8, Spent::degraded);
    shop.was("payments/node-03", 462, .5, Spent::failed);
    shop.was("payments/node-03", 318, 12.5, Spent::blind);
    shop.was("payments/node-03", 65.0 * 1440, 18, Spent::failed);
    shop.was("payments/node-03", 38.0 * 1440, 660, Spent::degraded);
    shop.was("payments/node-03", 24.0 * 1440, 8, Spent::failed);
    shop.was("caches/redis-07", 52, 1.3, Spent::failed);
    shop.was("databases/shard-11", 600, 30, Spent::degraded);
    shop.was("edge/cdn-gru", 960, .4, Spent::failed);
    shop.was("edge/probe-sin", 1240, 47, Spent::failed);
    shop.was("catalog/stock", 730, 60, Spent::degraded);
    shop.was("batch/payouts", 800, 31, Spent::unknown);
    shop.was("billing/invoices", 1110, 95, Spent::degraded);
}

std::shared_ptr<Happening> happened(System when, Happening::What what, std::string component,
                                    std::string text, std::string by = {}) {
    auto made = std::make_shared<Happening>();
    made->at = when;
    made->what = what;
    made->component = std::move(component);
    made->text = std::move(text);
    made->by = std::move(by);
    return made;
}

std::shared_ptr<Happening> changed(System when, std::string component, Status from, Status to,
                                   std::string text) {
    auto made = happened(when, Happening::What::transition, std::move(component), std::move(text));
    made->from = from;
    made->to = to;
    return made;
}

std::shared_ptr<IncidentRecord> open_incident(const Shop&) {
    auto incident = std::make_shared<IncidentRecord>();
    incident->number = 41;
    incident->id = "7f3a-41";
    incident->roots = {"payments/node-03"};
    incident->title = "connection refused";
    incident->error = "10.4.3.13:8443: connect: Connection refused (ECONNREFUSED)";
    incident->opened = at(2, 13, 1);
    incident->due = at(2, 13, 11);
    incident->level = incident->worst = Status::failed;
    incident->error_class = ErrorClass::connect;
    incident->members = {{"batch/payouts", at(2, 14, 9), {}, Status::unknown},
                         {"billing/invoices", at(2, 13, 20), {}, Status::degraded},
                         {"checkout/confirm", at(2, 13, 12), {}, Status::failed},
                         {"checkout/express", at(2, 13, 14), {}, Status::failed},
                         {"payments/api", at(2, 13, 4), {}, Status::failed},
                         {"payments/refunds", at(2, 13, 9), {}, Status::failed},
                         {"workers/settlement", at(2, 13, 38), {}, Status::degraded}};
    incident->notes = {
        {1, 41, at(2, 13, 40), "jonas", NoteState::investigating, true,
         "Some payments fail. We are looking into it."},
        {2, 41, at(2, 15, 20), "jonas", NoteState::identified, true,
         "node-03 refuses connections since payments 4.18.2 went out. Rolling it back; "
         "done by 03:25."}};
    incident->told = {
        {"ops-night", "problem", at(2, 13, 11), 1, Delivery::State::delivered, ""},
        {"oncall@acme.example", "problem", at(2, 13, 36), 1, Delivery::State::delivered, ""}};
    incident->before = {*happened(at(2, 12, 33), Happening::What::announced, "",
                                  "payments 4.18.2 deployed", "the pipeline")};
    return incident;
}

void fill_board(Shop& shop) {
    auto sin = std::make_shared<IncidentRecord>();
    sin->number = 40;
    sin->id = "7f3a-40";
    sin->roots = {"edge/probe-sin"};
    sin->title = "vitals could not look: its own resolver does not answer";
    sin->opened = at(1, 55, 50);
    sin->level = sin->worst = Status::unknown;
    sin->acknowledged = Acknowledgement{at(1, 58, 30), "jonas", "probe host's resolver, OPS-412"};
    auto past = std::make_shared<IncidentRecord>();
    past->number = 31;
    past->id = "7f3a-31";
    past->roots = {"payments/node-03"};
    past->title = "status 500 after deploy 4.17.9";
    past->opened = at(9, 0, 0, 24);
    past->closed = at(9, 8, 0, 24);
    past->worst = Status::failed;
    past->notes = {{3, 31, at(9, 9, 0, 24), "mara", NoteState::resolved, true,
                    "A faulty version was taken back."}};
    shop.board.incidents = {open_incident(shop), sin, past};
    ShownMute swap{.id = "m1",
                   .maintenance = true,
                   .match = {"search/node-02"},
                   .from = at(1, 30),
                   .until = at(3, 0),
                   .hours = {},
                   .by = "mara",
                   .reason = "disk swap",
                   .active = true};
    ShownMute drill{.id = "s1",
                    .match = {"storage/archive-*"},
                    .from = at(2, 0),
                    .until = at(5, 0),
                    .hours = {},
                    .by = "mara",
                    .reason = "restore drill",
                    .active = true};
    ShownMute upgrade{.id = "m2",
                      .maintenance = true,
                      .match = {"databases/ledger"},
                      .from = at(4, 0),
                      .until = at(4, 20),
                      .hours = {},
                      .by = "mara",
                      .reason = "minor upgrade"};
    shop.board.mutes = {swap, drill, upgrade};
    shop.board.muted = {{"search/node-02", 0}};
    for (const auto& state : shop.snapshot.components)
        if (state->name().starts_with("storage/archive-"))
            shop.board.muted.emplace(state->name(), 1);
    using What = Happening::What;
    shop.board.happenings = {
        happened(at(2, 15, 20), What::note, "", "node-03 refuses connections", "jonas"),
        changed(at(2, 14, 9), "batch/payouts", Status::ok, Status::unknown, "stale"),
        happened(at(2, 13, 36), What::alerted, "", "problem to oncall@acme.example"),
        changed(at(2, 13, 4), "payments/api", Status::ok, Status::failed,
                "status 503, expected 200"),
        changed(at(2, 13, 1), "payments/node-03", Status::ok, Status::failed, "connection refused"),
        happened(at(2, 12, 33), What::announced, "", "payments 4.18.2 deployed", "the pipeline"),
        changed(at(1, 55, 50), "edge/probe-sin", Status::ok, Status::unknown, "could not look"),
        happened(at(1, 30), What::silenced, "search/node-02", "disk swap", "mara"),
        changed(at(1, 24, 40), "caches/redis-07", Status::failed, Status::ok, "1 of 1 ok run"),
        happened(at(22, 58, 12, 1), What::reloaded, "", "1 changed, 0 lost", "mara"),
    };
    for (std::size_t i = 0; i < shop.board.happenings.size(); ++i) {
        auto numbered = std::make_shared<Happening>(*shop.board.happenings[i]);
        numbered->id = 100 - i;
        if (numbered->what == What::note) numbered->incident = 41;
        shop.board.happenings[i] = numbered;
    }
    shop.board.version = 17;
}

void add_workers(Shop& shop) {
    const auto group = [&](const char* name, std::vector<const char*> alive,
                           std::vector<const char*> silent) {
        auto made = std::make_shared<WorkerGroup>();
        made->name = name;
        for (const char* worker : alive)
            made->workers.push_back({worker, shop.now - 1s, shop.steady - 1s, false});
        for (const char* worker : silent)
            made->workers.push_back({worker, shop.now - 230s, shop.steady - 230s, true});
        shop.snapshot.workers.push_back(made);
    };
    group("exports", {"export-1"}, {});
    group("images", {"resize-1", "resize-2", "resize-3", "resize-4", "resize-5", "resize-6"}, {});
    group("mail", {"sender-1", "sender-2", "sender-3"}, {});
    group("settlement", {"settle-1", "settle-2"}, {"settle-3", "settle-4"});
}

void add_own(Shop& shop) {
    for (const char* name : {"vitals/alerts", "vitals/engine", "vitals/store"}) {
        shop.add(name, ok("well"),
                 std::string_view(name).substr(7) == "engine" ? "engine" : "store");
        shop.component(name).own = true;
    }
}

void add_groups(Shop& shop) {
    for (const GroupOf& group : shop_groups())
        for (const std::string& name : group.names)
            shop.add(group.name + "/" + name, ok(group.detail), group.kind);
}

void open_shop(Shop& shop) {
    shop.open.name = "Acme Online Shop";
    const auto service = [&](std::string name, std::vector<std::string> words) {
        shop.open.services.push_back({std::move(name), Selector(std::move(words))});
    };
    service("Checkout", {"checkout/*"});
    service("Payments", {"payments/*"});
    service("Invoices", {"billing/*"});
    service("Search", {"search/*"});
    service("Shop and catalog", {"catalog/*"});
    service("Customer accounts", {"databases/sessions"});
}

}  // namespace

Shop acme() {
    Shop shop;
    add_groups(shop);
    add_own(shop);
    break_payments(shop);
    remember(shop);
    add_workers(shop);
    open_shop(shop);
    shop.finish();
    fill_board(shop);
    shop.objective("payments", {"payments/api", "payments/node-03", "payments/refunds"}, 756s,
                   243s);
    shop.objective("checkout", {"checkout/confirm", "checkout/express"}, 492s, 243s);
    shop.viewer = {true, true, "jonas", "4f1c"};
    return shop;
}

Shop well_shop() {
    Shop shop;
    add_groups(shop);
    add_own(shop);
    add_workers(shop);
    open_shop(shop);
    shop.finish();
    return shop;
}

Shop shop_of(std::size_t components) {
    Shop shop;
    const auto groups = shop_groups();
    const std::size_t per_group = components > 40 ? 20 : 5;
    for (std::size_t i = 0; i < components; ++i) {
        const std::size_t number = i / per_group;
        const GroupOf& group = groups[number % groups.size()];
        const std::string name = number < groups.size()
                                     ? group.name
                                     : fmt::format("{}-{}", group.name, number / groups.size());
        const std::size_t within = i % per_group;
        shop.add(name + "/" +
                     (within < group.names.size() ? group.names[within]
                                                  : fmt::format("more-{:02}", within)),
                 ok(group.detail), group.kind);
    }
    add_own(shop);
    std::size_t number = 0;
    shop.finish();
    for (const auto& state : std::vector(shop.snapshot.components)) {
        const std::size_t place = number++;
        if (state->component->own) continue;
        const std::string name = state->name();
        if (place % 113 == 3)
            set_wrong(shop, name,
                      failed("connection refused", ErrorClass::connect, "10.0.0.1: refused"),
                      at(2, 13, 1));
        if (place % 29 == 5) shop.was(name, 100 + static_cast<double>(place), 20, Spent::degraded);
    }
    shop.finish();
    shop.viewer = {true, true, "jonas", "4f1c"};
    return shop;
}

namespace {

FleetView::Node node_of(const Shop& shop, std::size_t number) {
    FleetView::Node node;
    node.name = fmt::format("web-{:04}", number);
    node.host = node.name + ".acme.example";
    node.version = "2.3.0";
    node.configuration = "5f3c0a9b1d2e4f60";
    node.labels = {number % 3 == 0 ? "edge" : "core", "eu"};
    node.lag = std::chrono::milliseconds(static_cast<int>(chance(node.name) * 3));
    node.heard = 800ms;
    node.heard_at = shop.now - 800ms;
    node.workers = 100;
    node.itself = number == 1;
    return node;
}

}  // namespace

Shop fleet_of(std::size_t nodes) {
    Shop shop;
    auto fleet = std::make_shared<FleetView>();
    fleet->name = "shop";
    fleet->node = "web-0001";
    fleet->connected = fleet->in_contact = true;
    fleet->contact = 900ms;
    fleet->workers_elsewhere = (nodes - 1) * 100;
    for (std::size_t i = 1; i <= nodes; ++i) fleet->nodes.push_back(node_of(shop, i));
    FleetView::Node& unheard = fleet->nodes[1];
    unheard.state = FleetView::NodeState::unheard;
    unheard.heard = std::chrono::minutes(4);
    unheard.heard_at = shop.now - unheard.heard;
    fleet->nodes[2].out_of_service = true;
    if (nodes > 3) fleet->nodes[3].same_configuration = false;
    if (nodes > 4) {
        fleet->nodes[4].state = FleetView::NodeState::collides;
        fleet->nodes[4].other_host = "spare.acme.example";
    }
    fleet->checks.push_back({"shop/payments",
                             {"web-0001", "web-0003", "web-0006"},
                             "degraded",
                             "fails from web-0003 (timeout in connect), works from 2 of 3 vantages",
                             {{"web-0001", "ok"}, {"web-0003", "failed"}}});
    fleet->drains.push_back({"billing", "database moves", "mara", "web-0001", at(1, 10)});
    for (const FleetView::Node& node : fleet->nodes) {
        Outcome outcome = node.state == FleetView::NodeState::heard ? ok("it is heard")
                          : node.state == FleetView::NodeState::unheard
                              ? failed("unheard since 2026-11-29T02:13:04Z", ErrorClass::timeout)
                              : failed("two nodes have this name; neither is believed");
        shop.add("nodes/" + node.name, std::move(outcome), "node");
        shop.component("nodes/" + node.name).critical = false;
    }
    shop.add("fleet", ok(fmt::format("{} of {} nodes are heard", nodes - 1, nodes)), "fleet");
    shop.add("shop/payments", degraded("fails from web-0003, works from 2 of 3 vantages"));
    shop.fleet = std::move(fleet);
    shop.viewer = {true, true, "jonas", "4f1c"};
    shop.finish();
    return shop;
}

}  // namespace vitals::page::testing
