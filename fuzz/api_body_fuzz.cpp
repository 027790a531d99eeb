// The bodies that the control API takes, on arbitrary bytes: what is taken keeps its limits, what
// is not says why.

#include "endpoints/operation.hpp"
#include "target.hpp"

void vitals::fuzz::run(std::string_view body) {
    using namespace vitals::endpoints;
    bool taken = false;
    Control control;
    control.push = [&](vitals::Push push, auto) {
        taken = true;
        require(push.outcome.detail.find_first_of("\r\n") == std::string::npos);
        require(!push.ttl || push.ttl->count() > 0);
    };
    control.decommission = [&](std::string text, std::string, auto) {
        taken = true;
        require(!text.empty() && text.size() <= 1024);
    };
    control.heartbeat = [&](vitals::Heartbeats beats, auto) {
        taken = true;
        require(beats.beats.size() <= body.size() + 1);
    };
    const vitals::Hub hub;
    auto one_line = [](std::string_view text, std::size_t longest) {
        return text.size() <= longest && text.find_first_of("\r\n") == std::string_view::npos;
    };
    control.people.announce = [&](const std::string&, const std::string& text, auto&&...) {
        taken = true;
        require(!text.empty() && one_line(text, 2100));
    };
    control.people.acknowledge = [&](const std::string&, const std::string& by,
                                     const std::string& reason, auto&&...) {
        taken = true;
        require(one_line(by, 128) && one_line(reason, 1024));
    };
    control.people.note = [&](const std::string&, const std::string& by, vitals::NoteState, bool,
                              const std::string& text, auto&&...) {
        taken = true;
        require(one_line(by, 128) && !text.empty() && text.size() <= 4096);
    };
    control.people.mute = [&](const People::NewMute& mute, auto&&...) {
        taken = true;
        require(!mute.match.empty() && mute.match.size() <= 100 && !mute.reason.empty());
        require(mute.until > vitals::System{});
    };
    for (const Operation* operation : operations()) {
        if (operation->body == nullptr || operation->sessions != SessionUse::none) continue;
        taken = false;
        Call call{control,
                  {"fuzz", "worker"},
                  "/v1",
                  {},
                  "fuzz",
                  "fuzz",
                  hub,
                  vitals::real_clock(),
                  std::string(body),
                  [](vitals::http::Response) {}};
        const auto answer = operation->run(std::move(call));
        require(answer.has_value() != taken);
        require(!answer || (answer->status == 400 && !answer->body.empty()));
    }
}
