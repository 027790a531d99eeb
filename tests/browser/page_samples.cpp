// page_samples DIR: writes the pages of an invented shop as files, as the daemon would serve them:
// every view, every state of the top line, and every size of the budget. For tests/browser.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "page_testing.hpp"

namespace {

using namespace vitals;
using namespace vitals::page;
using namespace vitals::page::testing;

std::filesystem::path folder;

void write(const std::string& name, const http::Response& response) {
    const auto path = folder / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << response.body;
    std::printf("%7zu %s\n", response.body.size(), name.c_str());
}

void write_view(const Shop& shop, const std::string& name, const std::string& rest) {
    write(name, shop.page(rest));
}

// The states of the top line that the shop itself does not have.
void write_states() {
    using namespace std::chrono_literals;
    Shop nothing;
    nothing.finish();
    write_view(nothing, "nothing.html", "");
    Shop well = well_shop();
    write_view(well, "well.html", "");
    well.snapshot.decommission.text = "moving to the new rack";
    well.viewer = {true, true, "mara", "4f1c"};
    write_view(well, "out-of-service.html", "");
    Shop starting = well_shop();
    starting.snapshot.started = starting.steady - 1s;
    std::size_t number = 0;
    for (const auto& state : starting.snapshot.components) {
        if (++number % 9 != 0) continue;
        ComponentState& changing = starting.of(state->name());
        changing.last = nullptr;
        changing.judged = Status::unknown;
    }
    write_view(starting, "starting.html", "");
    Shop blind = well_shop();
    for (const auto& state : blind.snapshot.components) {
        if (state->component->own) continue;
        ComponentState& changing = blind.of(state->name());
        changing.last = std::make_shared<Outcome>(unknown("no file descriptors left"));
        changing.judged = Status::unknown;
        changing.since = at(2, 16, 24);
    }
    write_view(blind, "blind.html", "");
    Shop stale = well_shop();
    stale.of("batch/payouts").valid_until = stale.steady - 180s;
    write_view(stale, "stale.html", "");
    Shop slow = well_shop();
    slow.of("databases/reports").judged = Status::degraded;
    slow.of("databases/reports").last = std::make_shared<Outcome>(degraded("slow, 4.1 s"));
    slow.board.flapping = {"databases/reports"};
    write_view(slow, "degraded.html", "");
    Shop planned = well_shop();
    planned.board.mutes = {{.id = "m",
                            .maintenance = true,
                            .match = {"search/node-02"},
                            .from = at(1, 30),
                            .until = at(3, 0),
                            .hours = {},
                            .by = "mara",
                            .reason = "disk swap",
                            .active = true}};
    planned.board.muted = {{"search/node-02", 0}};
    write_view(planned, "maintenance.html", "");
    Shop several = acme();
    for (const char* name : {"databases/ledger", "storage/media"}) {
        several.of(name).judged = Status::failed;
        several.of(name).since = at(2, 5);
        several.of(name).last =
            std::make_shared<Outcome>(failed("disk full", ErrorClass::assertion));
    }
    write_view(several, "several.html", "");
}

// What a stream would send when two more components fail: `update` as it is sent, and the moment.
void write_stream(const Shop& before) {
    const View view = view_of("");
    const Facts old = before.facts();
    const Parts sent = parts_of(view, old, before.gathered(view, old));
    Shop fresh = acme();
    for (const char* name : {"storage/media", "queues/orders"}) {
        fresh.of(name).judged = Status::failed;
        fresh.of(name).since = at(2, 12, 0);
        fresh.of(name).last = std::make_shared<Outcome>(failed("disk full", ErrorClass::assertion));
    }
    const Facts now = fresh.facts();
    const Update update = update_of(sent, parts_of(view, now, fresh.gathered(view, now)), true);
    http::Response response;
    response.body = "{\"at\":\"" + beat_of(now) + "\",\"update\":" + update.data + "}";
    write("stream.json", response);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: page_samples DIR\n", stderr);
        return 64;
    }
    folder = argv[1];
    for (const std::string name : {"page.css", "page.js"}) write(name, *file(name, {}));
    Shop shop = acme();
    write_stream(shop);
    write_view(shop, "index.html", "");
    write_view(shop, "component.html", "c/payments/node-03");
    write_view(shop, "component-ok.html", "c/caches/redis-07");
    write_view(shop, "component-workers.html", "c/workers/settlement");
    write_view(shop, "incident.html", "i/7f3a-41");
    write_view(shop, "history.html", "history");
    write_view(shop, "workers.html", "workers");
    write_view(shop, "events.html", "events");
    write_view(shop, "public.html", "public");
    write_view(shop, "not-found.html", "nowhere");
    write_view(shop, "incidents.atom", "incidents.atom");
    shop.viewer = {};
    write_view(shop, "stranger.html", "");
    write_view(shop, "stranger-component.html", "c/payments/node-03");
    write("login.html", login(shop.facts(), "This token is not known."));
    shop.query.search = "redis";
    write_view(shop, "filtered.html", "");
    write_states();
    Shop fleet = fleet_of(6);
    write_view(fleet, "fleet.html", "fleet");
    write_view(fleet, "component-votes.html", "c/shop/payments");
    fleet.viewer = {};
    write_view(fleet, "stranger-fleet.html", "fleet");
    Shop cut = fleet_of(6);
    cut.fleet->connected = cut.fleet->in_contact = false;
    cut.fleet->silent_since = at(2, 15, 40);
    cut.fleet->problem = "10.0.0.1:4222: connection refused";
    write_view(cut, "fleet-cut.html", "fleet");
    write_view(fleet_of(1000), "fleet-1000.html", "fleet");
    for (const std::size_t size : {20u, 60u, 204u, 1000u})
        write_view(shop_of(size), "size-" + std::to_string(size) + ".html", "");
    return 0;
}
