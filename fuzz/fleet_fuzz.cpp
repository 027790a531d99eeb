// Whatever a holder of a seed may send to a fleet: arbitrary subjects and bytes. A parsed message
// is written and parsed again as the same, and a node that takes all of them keeps its bounds.
#include "fleet/ladder.hpp"
#include "fleet/member.hpp"
#include "target.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    using namespace fleet;
    const std::size_t end = bytes.find('\n');
    const std::string_view about = bytes.substr(0, end);
    const std::string_view content = end == std::string_view::npos ? "" : bytes.substr(end + 1);

    if (const auto name = name_of(about))
        require(token_of(*name) == about || one_token_of(*name) == about);
    for (const std::string_view kind :
         {"hb", "res", "drain", "profile", "names", "work", "ask", "push", "claim", "told"}) {
        const auto message = decode(kind, content);
        if (!message) continue;
        const std::string again = encode(*message);
        require(again.size() <= Bounds::message + 64);
        const auto read = decode(kind, again);
        require(read && kind_of(*read) == kind);
    }

    Member::Settings settings;
    settings.fleet = "shop";
    settings.node = "web-1";
    settings.incarnation = 1;
    const Steady now{std::chrono::hours(1000)};
    // What others say of alerts goes to the ladder.
    Ladder ladder(settings.node, settings.incarnation, now);
    ladder.set_contact(true, {"web-1", "web-2"}, now);
    Member::Heard heard;
    heard.claim = [&](const std::string& node, const Claim& claim) {
        ladder.hear(node, claim, now);
        const Ladder::Wish wish{claim.incident, claim.receiver, 1, true, now};
        (void)ladder.ask(wish, now + std::chrono::seconds(2));
    };
    heard.told = [&](const std::string& node, const Told& told) {
        (void)ladder.hear(node, told, now);
        for (const Told::Entry& entry : told.entries) {
            const Ladder::Wish wish{entry.incident, entry.receiver, 1, true, now};
            (void)ladder.ask(wish, now + std::chrono::seconds(2));
        }
    };
    Member member(settings, heard);
    member.configure({{"databases/default", 1, {}, 3}}, {{"pulp", std::chrono::seconds(24)}}, {},
                     now, {{"backup", 1}});
    const std::string subject(about.substr(0, 4096));
    member.receive(subject, content, now);
    // Under subjects that are taken, too.
    for (const char* taken :
         {"vt.shop.hb.1.web-2", "vt.shop.res.1.web-2.databases.default", "vt.shop.drain.shop.web-2",
          "vt.shop.work.pulp.web-2", "vt.shop.names.pulp.web-2", "vt.shop.profile.profile.web-2",
          "vt.shop.ask.state.web-2", "vt.shop.push.1.web-2.backup", "vt.shop.claim.alerts.web-2",
          "vt.shop.told.alerts.web-2"}) {
        member.receive(taken, content, now);
        member.receive(taken, content, now + std::chrono::seconds(1));
    }
    member.tick(now + std::chrono::seconds(2), {}, false);
    (void)member.verdict("databases/default", now + std::chrono::seconds(2));
    require(member.nodes().all().size() <= 2);
    require(member.take_outgoing().size() < 100);
    (void)ladder.turn(now + std::chrono::seconds(2));
    require(ladder.candidates("hook") <= 3);
    require(ladder.take_claims().size() <= Bounds::told + 1);
    require(ladder.next(now) >= now);
}

}  // namespace vitals::fuzz
