#include "websocket.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "text/quote.hpp"

namespace vitals::wire::websocket {

namespace {

constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

enum Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    bye = 8,
    ping_frame = 9,
    pong = 10
};

std::string base64(const unsigned char* bytes, std::size_t size) {
    std::string encoded((size + 2) / 3 * 4 + 1, '\0');
    const int written = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()), bytes,
                                        static_cast<int>(size));
    encoded.resize(static_cast<std::size_t>(written));
    return encoded;
}

bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

std::string_view trimmed(std::string_view value) {
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t'))
        value.remove_prefix(1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.remove_suffix(1);
    return value;
}

bool lists(std::string_view value, std::string_view wanted) {
    while (!value.empty()) {
        const auto end = std::min(value.find(','), value.size());
        if (same(trimmed(value.substr(0, end)), wanted)) return true;
        value.remove_prefix(std::min(end + 1, value.size()));
    }
    return false;
}

// All values of that name, joined as RFC 9110 allows.
std::string header(std::string_view lines, std::string_view name) {
    std::string joined;
    while (!lines.empty()) {
        const auto end = std::min(lines.find("\r\n"), lines.size());
        const std::string_view line = lines.substr(0, end);
        const auto colon = line.find(':');
        if (colon != line.npos && same(line.substr(0, colon), name)) {
            if (!joined.empty()) joined += ',';
            joined += trimmed(line.substr(colon + 1));
        }
        lines.remove_prefix(std::min(end + 2, lines.size()));
    }
    return joined;
}

CheckError broken(std::string detail, std::string error = {}) {
    return {ErrorClass::protocol, std::move(detail), std::move(error)};
}

CheckError refused(int status, std::string_view all) {
    const auto error_class =
        status == 401 || status == 403 ? ErrorClass::auth : ErrorClass::assertion;
    const std::string why = status == 426 ? ": another version of websocket is wanted" : "";
    return {error_class, fmt::format("answered with status {}, expected 101{}", status, why),
            "got " + text::quoted(all)};
}

}  // namespace

std::string accept_of(std::string_view key) {
    std::string whole(key);
    whole += guid;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(whole.data(), whole.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return base64(digest.data(), size);
}

Client::Client(const Handshake& handshake, std::function<std::uint32_t()> mask)
    : subprotocol_(handshake.subprotocol), mask_(std::move(mask)) {
    const std::string key = base64(handshake.nonce.data(), handshake.nonce.size());
    accept_ = accept_of(key);
    output_ = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n",
        handshake.target, handshake.host, key);
    if (!subprotocol_.empty()) output_ += "Sec-WebSocket-Protocol: " + subprotocol_ + "\r\n";
    for (const auto& [name, value] : handshake.headers) output_ += name + ": " + value + "\r\n";
    output_ += "\r\n";
}

std::expected<std::optional<Event>, CheckError> Client::next() {
    if (!open_) return head();
    for (;;) {
        const std::size_t before = input_.size();
        auto step = frame();
        // A frame without an event (a ping, a fragment) was taken: the next one may be there.
        if (!step || *step || input_.size() == before) return step;
    }
}

CheckError Client::ended() const {
    return broken(open_ ? "closed without a goodbye" : "closed without an answer",
                  input_.empty() ? "" : "got " + text::quoted(input_));
}

// Section 4.1, the client's requirements on the answer.
Client::Step Client::head() {
    constexpr std::string_view protocol = "HTTP/1.1 ";
    std::string begin = input_.substr(0, protocol.size());
    // Old servers refuse in their own words, which vitals understands.
    if (begin.size() > 7 && begin[7] == '0') begin[7] = '1';
    if (!protocol.starts_with(begin))
        return std::unexpected(broken("not HTTP", "got " + text::quoted(input_)));
    const auto end = input_.find("\r\n\r\n");
    if (end == input_.npos) {
        if (input_.size() > longest_head)
            return std::unexpected(broken("answer's head larger than 16 KiB"));
        return std::nullopt;
    }
    if (end > longest_head) return std::unexpected(broken("answer's head larger than 16 KiB"));
    const std::string whole = input_.substr(0, end);
    int status = 0;
    const char* digits = whole.data() + std::min(protocol.size(), whole.size());
    const auto read = std::from_chars(digits, whole.data() + whole.size(), status);
    if (read.ptr != digits + 3 || status < 100)
        return std::unexpected(broken("not HTTP", "got " + text::quoted(whole)));
    if (status != 101) return std::unexpected(refused(status, whole));
    if (!whole.starts_with(protocol))
        return std::unexpected(
            broken("changes protocols in HTTP/1.0", "got " + text::quoted(whole)));
    const auto line_end = std::min(whole.find("\r\n"), whole.size());
    const std::string_view lines = std::string_view(whole).substr(line_end);
    const std::string got = "got " + text::quoted(whole);
    if (!same(header(lines, "Upgrade"), "websocket") ||
        !lists(header(lines, "Connection"), "upgrade")) {
        return std::unexpected(broken("changed to another protocol than websocket", got));
    }
    if (header(lines, "Sec-WebSocket-Accept") != accept_)
        return std::unexpected(broken("wrong Sec-WebSocket-Accept: no websocket server", got));
    if (!header(lines, "Sec-WebSocket-Extensions").empty())
        return std::unexpected(broken("uses an extension that was not asked for", got));
    if (header(lines, "Sec-WebSocket-Protocol") != subprotocol_) {
        return std::unexpected(
            CheckError(ErrorClass::assertion, "does not speak the wanted subprotocol", got));
    }
    input_.erase(0, end + 4);
    open_ = true;
    return Event{Event::What::opened, {}};
}

// Section 5.2.
Client::Step Client::frame() {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(input_[at]); };
    if (input_.size() < 2) return std::nullopt;
    if ((byte(0) & 0x70) != 0) return std::unexpected(broken("frame with reserved bits"));
    if ((byte(1) & 0x80) != 0) return std::unexpected(broken("masked frame from the server"));
    const std::uint8_t opcode = byte(0) & 0x0f;
    const bool last = (byte(0) & 0x80) != 0;
    std::uint64_t size = byte(1) & 0x7f;
    const bool control = opcode >= 8;
    if (control && (size > 125 || !last)) return std::unexpected(broken("control frame too large"));
    const std::size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (input_.size() < 2 + wide) return std::nullopt;
    if (wide > 0) size = 0;
    for (std::size_t i = 0; i < wide; ++i) size = size << 8 | byte(2 + i);
    const std::size_t so_far = message_ ? message_->size() : 0;
    if (size > largest_message || (!control && so_far + size > largest_message))
        return std::unexpected(broken("message larger than 1 MiB"));
    const std::size_t whole = 2 + wide + static_cast<std::size_t>(size);
    if (input_.size() < whole) return std::nullopt;
    std::string payload = input_.substr(2 + wide, static_cast<std::size_t>(size));
    input_.erase(0, whole);
    return take(opcode, last, std::move(payload));
}

Client::Step Client::take(std::uint8_t opcode, bool last, std::string payload) {
    switch (opcode) {
        case ping_frame:
            send(pong, payload);
            return std::nullopt;
        case pong:
            return Event{Event::What::pong, std::move(payload)};
        case bye: {
            Event closed{Event::What::closed, {}};
            if (payload.size() >= 2) {
                closed.code =
                    static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                               static_cast<std::uint8_t>(payload[1]));
                closed.data = payload.substr(2);
            }
            return closed;
        }
        case text:
        case binary:
            if (message_) return std::unexpected(broken("message within a message"));
            message_ = std::move(payload);
            break;
        case continuation:
            if (!message_) return std::unexpected(broken("fragment of no message"));
            *message_ += payload;
            break;
        default:
            return std::unexpected(broken(fmt::format("frame of unknown kind {}", opcode)));
    }
    if (!last) return std::nullopt;
    return Event{Event::What::message, *std::exchange(message_, std::nullopt)};
}

void Client::send(std::uint8_t opcode, std::string_view payload) {
    output_ += static_cast<char>(0x80 | opcode);
    const std::size_t size = payload.size();
    const std::size_t wide = size < 126 ? 0 : size < 65536 ? 2 : 8;
    output_ += static_cast<char>(0x80 | (wide == 0 ? size : wide == 2 ? 126 : 127));
    for (std::size_t i = wide; i-- > 0;) output_ += static_cast<char>(size >> (8 * i) & 0xff);
    const std::uint32_t mask = mask_();
    std::array<char, 4> key{};
    for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<char>(mask >> (24 - 8 * i) & 0xff);
    output_.append(key.data(), key.size());
    for (std::size_t i = 0; i < size; ++i) output_ += static_cast<char>(payload[i] ^ key[i % 4]);
}

void Client::close() {
    send(bye, std::string_view("\x03\xe8", 2));  // 1000
}

}  // namespace vitals::wire::websocket
