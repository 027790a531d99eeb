#include "fleet/message.hpp"

#include <algorithm>
#include <array>

#include "fleet/bytes.hpp"
#include "fleet/rendezvous.hpp"
#include "text/utf8.hpp"

namespace vitals::fleet {

namespace {

constexpr std::uint8_t magic = 'v', format = 1;
constexpr std::array<std::string_view, std::variant_size_v<Message>> kinds = {
    "hb", "res", "drain", "profile", "names", "work", "ask", "push", "claim", "told"};
constexpr std::uint64_t longest_ms = 400ull * 24 * 3600 * 1000;
constexpr std::uint64_t latest_ms = 9'000'000'000'000;  // in the year 2255

std::string_view cut(std::string_view text, std::size_t most) {
    return text::cut_utf8(text, most);
}

void write(Writer& out, const Heartbeat& beat) {
    const std::uint8_t flags =
        static_cast<std::uint8_t>((beat.blind ? 1 : 0) | (beat.out_of_service ? 2 : 0) |
                                  (beat.leaving ? 4 : 0) | (beat.listens ? 0 : 8));
    out.word(beat.incarnation).number(beat.seq).number(beat.interval_ms).number(beat.lag_ms);
    out.byte(flags).word(beat.configuration);
    out.text(cut(beat.version, Bounds::version), Bounds::version);
    out.text(cut(beat.host, Bounds::word), Bounds::word);
    const std::size_t labels = std::min(beat.labels.size(), Bounds::labels);
    out.number(labels);
    for (std::size_t i = 0; i < labels; ++i)
        out.text(cut(beat.labels[i], Bounds::word), Bounds::word);
}

void write(Writer& out, const Result& result) {
    out.word(result.incarnation).number(result.seq).word(result.definition);
    out.byte(static_cast<std::uint8_t>(result.status));
    out.byte(static_cast<std::uint8_t>(result.error_class));
    out.number(result.observed_ago_ms).number(result.valid_ms);
    out.text(cut(result.detail, Bounds::detail), Bounds::detail);
    out.text(cut(result.error, Bounds::error), Bounds::error);
}

void write(Writer& out, const Drain& drain) {
    out.number(drain.at.wall).number(drain.at.counter);
    out.text(cut(drain.origin, Bounds::word), Bounds::word);
    out.text(cut(drain.text, Bounds::text), Bounds::text);
    out.text(cut(drain.by, Bounds::name), Bounds::name);
}

void write(Writer& out, const Profile& profile) {
    const std::size_t checks = std::min(profile.checks.size(), Bounds::checks);
    out.number(checks);
    for (std::size_t i = 0; i < checks; ++i)
        out.text(profile.checks[i].name, Bounds::name).word(profile.checks[i].definition);
    const std::size_t groups = std::min(profile.groups.size(), Bounds::groups);
    out.number(groups);
    for (std::size_t i = 0; i < groups; ++i) out.text(profile.groups[i], Bounds::name);
}

void write(Writer& out, const Names& names) {
    out.word(names.incarnation).number(names.epoch).number(names.from);
    out.number(names.names.size());
    for (const std::string& name : names.names) out.text(name, Bounds::worker_name);
}

void write(Writer& out, const Batch& batch) {
    out.word(batch.incarnation).number(batch.seq).number(batch.epoch).number(batch.unit_ms);
    out.text(batch.ages, Bounds::workers);
}

void write(Writer& out, const Ask& ask) {
    out.byte(static_cast<std::uint8_t>(ask.what)).word(ask.digest);
    out.text(ask.node, Bounds::word).text(ask.group, Bounds::name);
}

void write(Writer& out, const Pushed& pushed) {
    out.word(pushed.incarnation).number(pushed.seq);
    out.number(pushed.at.wall).number(pushed.at.counter);
    out.byte(static_cast<std::uint8_t>(pushed.status));
    out.byte(static_cast<std::uint8_t>(pushed.error_class));
    out.number(pushed.observed_ago_ms).number(pushed.valid_ms);
    out.text(cut(pushed.detail, Bounds::detail), Bounds::detail);
    out.text(cut(pushed.error, Bounds::error), Bounds::error);
}

void write(Writer& out, const Claim& claim) {
    out.word(claim.incarnation);
    out.text(claim.incident, Bounds::key).text(claim.receiver, Bounds::receiver);
    out.byte(static_cast<std::uint8_t>(claim.stage));
}

void write(Writer& out, const Told& told) {
    out.word(told.incarnation).number(told.seq).byte(told.whole ? 1 : 0);
    const std::size_t receivers = std::min(told.receivers.size(), Bounds::receivers);
    out.number(receivers);
    for (std::size_t i = 0; i < receivers; ++i) out.text(told.receivers[i], Bounds::receiver);
    const std::size_t entries = std::min(told.entries.size(), Bounds::told);
    out.number(entries);
    for (std::size_t i = 0; i < entries; ++i) {
        const Told::Entry& entry = told.entries[i];
        out.text(entry.incident, Bounds::key).text(entry.component, Bounds::name);
        out.text(entry.receiver, Bounds::receiver);
        out.byte(static_cast<std::uint8_t>((entry.open ? 1 : 0) | (entry.wrong ? 2 : 0) |
                                           (entry.storm ? 4 : 0)));
        out.byte(static_cast<std::uint8_t>(entry.state));
        out.byte(static_cast<std::uint8_t>(entry.level)).number(entry.serial);
    }
    const std::size_t acknowledged = std::min(told.acknowledged.size(), Bounds::acknowledged);
    out.number(acknowledged);
    for (std::size_t i = 0; i < acknowledged; ++i) {
        const Told::Acknowledged& each = told.acknowledged[i];
        out.text(each.incident, Bounds::key).text(cut(each.by, Bounds::word), Bounds::word);
        out.text(cut(each.reason, Bounds::reason), Bounds::reason).number(each.at_ms);
    }
}

// Public text from others: UTF-8 without control characters.
bool is_text(std::string_view text) {
    while (!text.empty()) {
        const text::Character next = text::first_character(text);
        if (!next.valid || text::is_control(next.code)) return false;
        text.remove_prefix(next.bytes.size());
    }
    return true;
}

// An invalid text makes the whole message invalid.
std::string text_of(Reader& in, std::size_t most, bool& good) {
    const std::string_view text = in.text(most);
    good = good && in.good() && is_text(text);
    return std::string(text);
}

template <class Enum>
Enum choice_of(Reader& in, Enum last, bool& good) {
    const std::uint8_t value = in.byte();
    if (value > static_cast<std::uint8_t>(last)) good = false;
    return good ? static_cast<Enum>(value) : Enum{};
}

bool read(Reader& in, Heartbeat& beat) {
    bool good = true;
    beat.incarnation = in.word();
    beat.seq = in.number();
    beat.interval_ms = in.number(3'600'000);
    beat.lag_ms = in.number(longest_ms);
    const std::uint8_t flags = in.byte();
    beat.blind = (flags & 1) != 0;
    beat.out_of_service = (flags & 2) != 0;
    beat.leaving = (flags & 4) != 0;
    beat.listens = (flags & 8) == 0;
    beat.configuration = in.word();
    beat.version = text_of(in, Bounds::version, good);
    beat.host = text_of(in, Bounds::word, good);
    const std::uint64_t labels = in.number(Bounds::labels);
    for (std::uint64_t i = 0; i < labels && in.good(); ++i)
        beat.labels.push_back(text_of(in, Bounds::word, good));
    return good && beat.interval_ms >= 100;
}

bool read(Reader& in, Result& result) {
    bool good = true;
    result.incarnation = in.word();
    result.seq = in.number();
    result.definition = in.word();
    result.status = choice_of(in, Status::unknown, good);
    result.error_class = choice_of(in, ErrorClass::local, good);
    result.observed_ago_ms = in.number(longest_ms);
    result.valid_ms = in.number(longest_ms);
    result.detail = text_of(in, Bounds::detail, good);
    // The sender's words, shown as such: they may hold anything.
    result.error = std::string(in.text(Bounds::error));
    return good;
}

bool read(Reader& in, Drain& drain) {
    bool good = true;
    drain.at.wall = in.number(latest_wall);
    drain.at.counter = static_cast<std::uint32_t>(in.number(0xffffffff));
    drain.origin = text_of(in, Bounds::word, good);
    drain.text = text_of(in, Bounds::text, good);
    drain.by = text_of(in, Bounds::name, good);
    return good && !drain.text.empty() && !drain.origin.empty();
}

bool read(Reader& in, Profile& profile) {
    bool good = true;
    const std::uint64_t checks = in.number(Bounds::checks);
    for (std::uint64_t i = 0; i < checks && in.good() && good; ++i) {
        Profile::Check check;
        check.name = text_of(in, Bounds::name, good);
        check.definition = in.word();
        profile.checks.push_back(std::move(check));
    }
    const std::uint64_t groups = in.number(Bounds::groups);
    for (std::uint64_t i = 0; i < groups && in.good() && good; ++i)
        profile.groups.push_back(text_of(in, Bounds::name, good));
    return good && std::ranges::is_sorted(profile.checks, {}, &Profile::Check::name);
}

bool read(Reader& in, Names& names) {
    bool good = true;
    names.incarnation = in.word();
    names.epoch = in.number();
    names.from = in.number(Bounds::workers);
    const std::uint64_t count =
        in.number(Bounds::workers - std::min<std::uint64_t>(names.from, Bounds::workers));
    // Each takes at least a byte: nothing is reserved for missing items.
    if (count > in.left()) return false;
    for (std::uint64_t i = 0; i < count && in.good() && good; ++i) {
        names.names.push_back(text_of(in, Bounds::worker_name, good));
        good = good && !names.names.back().empty();
    }
    return good;
}

bool read(Reader& in, Batch& batch) {
    batch.incarnation = in.word();
    batch.seq = in.number();
    batch.epoch = in.number();
    batch.unit_ms = in.number(3'600'000);
    batch.ages = std::string(in.text(Bounds::workers));
    return batch.unit_ms > 0;
}

bool read(Reader& in, Ask& ask) {
    bool good = true;
    ask.what = choice_of(in, Ask::What::names, good);
    ask.digest = in.word();
    ask.node = text_of(in, Bounds::word, good);
    ask.group = text_of(in, Bounds::name, good);
    return good;
}

bool read(Reader& in, Pushed& pushed) {
    bool good = true;
    pushed.incarnation = in.word();
    pushed.seq = in.number();
    pushed.at.wall = in.number(latest_wall);
    pushed.at.counter = static_cast<std::uint32_t>(in.number(0xffffffff));
    pushed.status = choice_of(in, Status::unknown, good);
    pushed.error_class = choice_of(in, ErrorClass::local, good);
    pushed.observed_ago_ms = in.number(longest_ms);
    pushed.valid_ms = in.number(longest_ms);
    pushed.detail = text_of(in, Bounds::detail, good);
    pushed.error = std::string(in.text(Bounds::error));
    return good;
}

bool read(Reader& in, Claim& claim) {
    bool good = true;
    claim.incarnation = in.word();
    claim.incident = text_of(in, Bounds::key, good);
    claim.receiver = text_of(in, Bounds::receiver, good);
    claim.stage = choice_of(in, Claim::Stage::dropped, good);
    return good && !claim.incident.empty() && !claim.receiver.empty();
}

bool read(Reader& in, Told& told) {
    constexpr std::uint64_t most_serial = 1'000'000'000;
    bool good = true;
    told.incarnation = in.word();
    told.seq = in.number();
    told.whole = (in.byte() & 1) != 0;
    const std::uint64_t receivers = in.number(Bounds::receivers);
    for (std::uint64_t i = 0; i < receivers && in.good() && good; ++i)
        told.receivers.push_back(text_of(in, Bounds::receiver, good));
    const std::uint64_t entries = in.number(Bounds::told);
    for (std::uint64_t i = 0; i < entries && in.good() && good; ++i) {
        Told::Entry& entry = told.entries.emplace_back();
        entry.incident = text_of(in, Bounds::key, good);
        entry.component = text_of(in, Bounds::name, good);
        entry.receiver = text_of(in, Bounds::receiver, good);
        const std::uint8_t flags = in.byte();
        entry.open = (flags & 1) != 0;
        entry.wrong = (flags & 2) != 0;
        entry.storm = (flags & 4) != 0;
        entry.state = choice_of(in, Told::State::resolved, good);
        entry.level = choice_of(in, Status::unknown, good);
        entry.serial = in.number(most_serial);
        good = good && !entry.incident.empty();
    }
    const std::uint64_t acknowledged = in.number(Bounds::acknowledged);
    for (std::uint64_t i = 0; i < acknowledged && in.good() && good; ++i) {
        Told::Acknowledged& each = told.acknowledged.emplace_back();
        each.incident = text_of(in, Bounds::key, good);
        each.by = text_of(in, Bounds::word, good);
        each.reason = text_of(in, Bounds::reason, good);
        each.at_ms = in.number(latest_ms);
        good = good && !each.incident.empty();
    }
    return good;
}

template <std::size_t at = 0>
std::optional<Message> read_as(std::size_t kind, Reader& in) {
    if constexpr (at < std::variant_size_v<Message>) {
        if (kind != at) return read_as<at + 1>(kind, in);
        std::variant_alternative_t<at, Message> message;
        if (!read(in, message) || !in.good()) return std::nullopt;
        return message;
    } else {
        return std::nullopt;
    }
}

}  // namespace

std::string_view kind_of(const Message& message) noexcept {
    return kinds[message.index()];
}

std::string encode(const Message& message) {
    Writer out;
    out.byte(magic).byte(format).byte(static_cast<std::uint8_t>(message.index()));
    std::visit([&out](const auto& each) { write(out, each); }, message);
    return out.take();
}

std::optional<Message> decode(std::string_view kind, std::string_view bytes) {
    if (bytes.size() > Bounds::message) return std::nullopt;
    const auto at = std::ranges::find(kinds, kind);
    if (at == kinds.end()) return std::nullopt;
    const auto index = static_cast<std::size_t>(at - kinds.begin());
    Reader in(bytes);
    if (in.byte() != magic || in.byte() != format || in.byte() != index) return std::nullopt;
    return read_as(index, in);
}

std::uint64_t digest_of(const Profile& profile) {
    return hash_of(encode(profile));
}

}  // namespace vitals::fleet
