#include "endpoints/event_stream.hpp"

#include <fmt/format.h>

#include <utility>

#include "model/clock.hpp"
#include "text/json.hpp"

namespace vitals::endpoints {
namespace {

using text::JsonWriter;

constexpr std::size_t told_at_once = 64;
constexpr std::size_t most_at_once = 64 * 1024;  // bytes
constexpr std::string_view retry = "retry: 2000\n\n";

// An event without a component is sent if the client selected nothing.
bool takes(const Selector& chosen, const Snapshot& snapshot, const Happening& happening) {
    if (chosen.empty()) return true;
    if (happening.component.empty()) return false;
    if (const ComponentState* state = snapshot.find(happening.component))
        return chosen.takes(*state->component);
    Component gone;
    gone.name = happening.component;
    return chosen.takes(gone);
}

class EventStream final : public Stream {
  public:
    EventStream(const Happenings& happenings, const Hub& hub, Clock& clock, EventsAsked asked)
        : happenings_(happenings),
          hub_(hub),
          clock_(clock),
          chosen_(std::move(asked.components)),
          last_(asked.resumed ? asked.after : happenings.last()) {}

    void pull(std::string& out, Steady now) override {
        if (!begun_) out += retry;
        const Happenings::Page page = happenings_.after(last_, told_at_once);
        if (page.lost) tell_lost(out, page);
        const auto snapshot = chosen_.empty() ? nullptr : hub_.current();
        more_ = page.entries.size() == told_at_once;
        for (const auto& each : page.entries) {
            last_ = each->id;
            if (snapshot == nullptr || takes(chosen_, *snapshot, *each))
                append_event(out, each->id, to_string(each->what), shown(*each));
            if (out.size() < most_at_once) continue;
            more_ = true;
            break;
        }
        if (!begun_ || now >= beat_) {
            append_event(out, last_, "beat", rfc3339_millis(clock_.system()));
            beat_ = next_beat(now);
        }
        begun_ = true;
    }

    Steady next() const noexcept override { return beat_; }
    bool more() const noexcept override { return more_; }
    void end(std::string& out) override {
        append_event(out, last_, "end", R"({"text":"ask again with Last-Event-ID"})");
    }
    std::size_t held() const noexcept override { return sizeof *this; }

  private:
    void tell_lost(std::string& out, const Happenings::Page& page) {
        const std::uint64_t first =
            page.entries.empty() ? happenings_.last() + 1 : page.entries.front()->id;
        std::string data;
        JsonWriter writer(data);
        writer.object().member("after", last_).member("next", first);
        writer.member("text", "what happened in between is not kept any more").end_object();
        append_event(out, 0, "lost", data);
        last_ = first - 1;
    }

    const Happenings& happenings_;
    const Hub& hub_;
    Clock& clock_;
    const Selector chosen_;
    std::uint64_t last_;  // sent, or left out
    Steady beat_ = Steady::min();
    bool begun_ = false;
    bool more_ = false;
};

}  // namespace

void append_event(std::string& out, std::uint64_t id, std::string_view name,
                  std::string_view data) {
    if (id != 0) out += fmt::format("id: {}\n", id);
    out.append("event: ").append(name).append("\n");
    for (;;) {
        // Each of the three line ends would end the field.
        const std::size_t end = data.find_first_of("\r\n");
        out.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
    }
    out += '\n';
}

http::Response event_stream_head() {
    http::Response head;
    head.content_type = "text/event-stream";
    // Some proxies collect an answer until it is complete, unless they are told not to.
    head.headers.emplace_back("X-Accel-Buffering", "no");
    return head;
}

std::string shown(const Happening& happening) {
    std::string json;
    JsonWriter writer(json);
    writer.object();
    if (!happening.component.empty()) writer.member("component", happening.component);
    if (happening.what == Happening::What::transition)
        writer.member("from", to_string(happening.from)).member("to", to_string(happening.to));
    writer.member("at", rfc3339_millis(happening.at));
    if (happening.incident != 0) writer.member("incident", happening.incident);
    if (!happening.text.empty()) writer.member("text", happening.text);
    if (!happening.by.empty()) writer.member("by", happening.by);
    writer.end_object();
    return json;
}

std::unique_ptr<Stream> event_stream(const Happenings& happenings, const Hub& hub, Clock& clock,
                                     EventsAsked asked) {
    return std::make_unique<EventStream>(happenings, hub, clock, std::move(asked));
}

}  // namespace vitals::endpoints
