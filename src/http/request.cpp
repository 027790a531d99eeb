// The head of a request. Beast reads the grammar. The rest of this file refuses what Beast 345
// accepts and what a proxy in front of vitals may read differently.
#include "http/request.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <charconv>

#include "text/percent.hpp"

namespace vitals::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view plain(string_view text) {
    return {text.data(), text.size()};
}

// Collects what Beast finds. At this point the head is complete and free of folded lines, so every
// value points into it.
class Grammar final : public beast_http::basic_parser<true> {
  public:
    explicit Grammar(Head& head) : head_(head) {
        body_limit(boost::none);
        header_limit(1u << 30);  // the caller's limit counts
    }

  private:
    void on_request_impl(beast_http::verb, string_view method, string_view target, int version,
                         error_code&) override {
        head_.method = plain(method);
        head_.target = plain(target);
        head_.minor = version - 10;
    }
    void on_field_impl(beast_http::field, string_view name, string_view value,
                       error_code&) override {
        head_.fields.emplace_back(plain(name), plain(value));
    }
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code&) override {
        return body.size();
    }
    void on_finish_impl(error_code&) override {}

    Head& head_;
};

// A well-formed version that is not supported gets its own answer: `PRI * HTTP/2.0`.
bool other_version(std::string_view bytes) {
    std::string_view line = bytes.substr(0, bytes.find("\r\n"));
    if (line.size() < 8) return false;
    std::string_view version = line.substr(line.size() - 8);
    return version.starts_with("HTTP/") && version[6] == '.' && version[5] >= '0' &&
           version[5] <= '9' && version[7] >= '0' && version[7] <= '9' &&
           version.substr(5) != "1.0" && version.substr(5) != "1.1";
}

Refusal explain(const error_code& error, std::string_view bytes) {
    if (error == beast_http::error::bad_version)
        return other_version(bytes) ? Refusal{505, "only HTTP/1.0 and HTTP/1.1 are spoken here"}
                                    : Refusal{400, "the request line has no valid HTTP version"};
    if (error == beast_http::error::bad_method) return {400, "the method is not a token"};
    if (error == beast_http::error::bad_target) return {400, "the request target is not valid"};
    if (error == beast_http::error::bad_field) return {400, "a header field's name is not valid"};
    if (error == beast_http::error::bad_content_length ||
        error == beast_http::error::multiple_content_length)
        return {400, "Content-Length is not one number, or stands beside Transfer-Encoding"};
    if (error == beast_http::error::bad_transfer_encoding)
        return {400, "Transfer-Encoding stands twice or beside Content-Length"};
    if (error == beast_http::error::bad_value) return {400, "a header field's value is not valid"};
    return {400, "the request is not HTTP"};
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool valid_port(std::string_view port) {
    return port.size() <= 5 && std::all_of(port.begin(), port.end(), is_digit);
}

// uri-host [ ":" port ] (RFC 3986). An empty host is allowed: a target may have no authority.
bool valid_host(std::string_view host) {
    if (host.starts_with('[')) {
        std::size_t end = host.find(']');
        if (end == std::string_view::npos || end < 3) return false;
        for (char c : host.substr(1, end - 1))
            if (!is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'z') && c != ':' && c != '.' &&
                c != '%' && c != '-' && c != '_' && c != '~')
                return false;
        host.remove_prefix(end + 1);
        return host.empty() || (host[0] == ':' && valid_port(host.substr(1)));
    }
    std::size_t colon = host.find(':');
    if (colon != std::string_view::npos && !valid_port(host.substr(colon + 1))) return false;
    constexpr std::string_view marks = "-._~!$&'()*+,;=%";
    for (char c : host.substr(0, colon))
        if (!is_digit(c) && !(lower(c) >= 'a' && lower(c) <= 'z') &&
            marks.find(c) == std::string_view::npos)
            return false;
    return true;
}

// Lines end in CRLF, no line is folded, no control character but a tab.
std::optional<Refusal> refuse_bytes(std::string_view bytes, bool complete) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned char c = static_cast<unsigned char>(bytes[i]);
        if (c >= 0x20 && c != 0x7f) continue;
        if (c == '\t') continue;
        if (c == '\r') {
            if (i + 1 == bytes.size()) {
                if (!complete) break;
                return Refusal{400, "a carriage return stands without a line feed"};
            }
            if (bytes[i + 1] != '\n')
                return Refusal{400, "a carriage return stands without a line feed"};
            ++i;
            if (i + 1 < bytes.size() && (bytes[i + 1] == ' ' || bytes[i + 1] == '\t'))
                return Refusal{400, "a header line is folded"};
            continue;
        }
        if (c == '\n') return Refusal{400, "a line feed stands without a carriage return"};
        return Refusal{400, "a control character stands in the request's head"};
    }
    return {};
}

std::optional<Refusal> read_framing(Head& head) {
    std::size_t lengths = 0, encodings = 0, hosts = 0;
    std::string_view length, encoding, host;
    for (auto& [name, value] : head.fields) {
        if (equal_ignoring_case(name, "content-length"))
            ++lengths, length = value;
        else if (equal_ignoring_case(name, "transfer-encoding"))
            ++encodings, encoding = value;
        else if (equal_ignoring_case(name, "host"))
            ++hosts, host = value;
    }
    if (lengths > 1) return Refusal{400, "more than one Content-Length"};
    if (encodings > 1) return Refusal{400, "more than one Transfer-Encoding"};
    if (lengths > 0 && encodings > 0)
        return Refusal{400, "Content-Length and Transfer-Encoding in one request"};
    if (lengths == 1) {
        if (length.empty() || length.size() > 18 ||
            !std::all_of(length.begin(), length.end(), is_digit))
            return Refusal{400, "Content-Length is not one number"};
        std::from_chars(length.data(), length.data() + length.size(), head.length);
    }
    if (encodings == 1) {
        if (head.minor == 0) return Refusal{400, "Transfer-Encoding in an HTTP/1.0 request"};
        if (!equal_ignoring_case(encoding, "chunked"))
            return Refusal{400, "Transfer-Encoding is not exactly `chunked`"};
        head.chunked = true;
    }
    if (hosts > 1) return Refusal{400, "more than one Host"};
    if (hosts == 0 && head.minor >= 1) return Refusal{400, "an HTTP/1.1 request without Host"};
    if (hosts == 1 && !valid_host(host)) return Refusal{400, "Host is not valid"};
    return {};
}

std::optional<Refusal> read_expectation(Head& head) {
    const std::string_view* expect = head.field("expect");
    if (expect == nullptr || head.minor == 0) return {};
    if (!equal_ignoring_case(*expect, "100-continue"))
        return Refusal{417, "the only expectation known here is 100-continue"};
    head.expects_continue = true;
    return {};
}

std::optional<std::string> decode(std::string_view text, bool query) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (const auto byte = text::percent_byte(text, i)) {
            if (*byte == '\0') return {};
            result += *byte;
            i += 2;
        } else if (text[i] == '%' && !query) {
            return {};
        } else {
            result += text[i] == '+' && query ? ' ' : text[i];
        }
    }
    return result;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                              [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

const std::string_view* Head::field(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields)
        if (equal_ignoring_case(key, name)) return &value;
    return nullptr;
}

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t from) noexcept {
    std::size_t end = bytes.find("\r\n\r\n", from < 3 ? 0 : from - 3);
    if (end == std::string_view::npos) return {};
    return end + 4;
}

std::optional<Refusal> refuse_early(std::string_view bytes, std::size_t from) noexcept {
    // A fold is visible two bytes later, and a line feed is judged together with the byte before
    // it.
    from = from < 2 ? 0 : from - 2;
    if (from > 0 && bytes[from] == '\n') --from;
    return refuse_bytes(bytes.substr(from), false);
}

std::expected<Head, Refusal> parse_head(std::string_view bytes) {
    if (auto refusal = refuse_bytes(bytes, true)) return std::unexpected(*refusal);
    Head head;
    head.fields.reserve(16);
    Grammar grammar(head);
    error_code error;
    grammar.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (error && error != beast_http::error::need_more)
        return std::unexpected(explain(error, bytes));
    if (!grammar.is_header_done()) return std::unexpected(Refusal{400, "the request is not HTTP"});
    head.keep_alive = grammar.keep_alive();
    if (auto refusal = read_framing(head)) return std::unexpected(*refusal);
    if (auto refusal = read_expectation(head)) return std::unexpected(*refusal);
    return head;
}

std::optional<std::string> percent_decode(std::string_view text) {
    return decode(text, false);
}

std::optional<std::string> query_decode(std::string_view text) {
    return decode(text, true);
}

std::expected<Target, Refusal> parse_target(std::string_view method, std::string_view target) {
    Target result;
    if (target == "*") {
        if (method != "OPTIONS") return std::unexpected(Refusal{400, "`*` is for OPTIONS only"});
        result.asterisk = true;
        result.raw_path = target;
        return result;
    }
    if (method == "CONNECT") return std::unexpected(Refusal{405, "this is not a proxy"});
    if (!target.starts_with('/')) {
        // Absolute form: it names this server, whatever the name is.
        std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos ||
            (!equal_ignoring_case(target.substr(0, scheme), "http") &&
             !equal_ignoring_case(target.substr(0, scheme), "https")))
            return std::unexpected(Refusal{400, "the request target is neither a path nor a URL"});
        target.remove_prefix(scheme + 3);
        std::size_t path = target.find_first_of("/?#");
        std::string_view authority = target.substr(0, path);
        if (authority.empty() || !valid_host(authority))
            return std::unexpected(Refusal{400, "the request target's host is not valid"});
        target.remove_prefix(std::min(path, target.size()));
        if (target.empty() || target[0] == '?') {
            result.path = "/";
            result.raw_path = "/";
        }
    }
    if (target.find('#') != std::string_view::npos)
        return std::unexpected(Refusal{400, "the request target has a fragment"});
    std::size_t mark = target.find('?');
    if (result.raw_path.empty()) {
        result.raw_path = target.substr(0, mark);
        auto path = percent_decode(result.raw_path);
        if (!path) return std::unexpected(Refusal{400, "the path's percent-encoding is not valid"});
        result.path = std::move(*path);
    }
    std::string_view query =
        mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    while (!query.empty()) {
        std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(part.size() + 1, query.size()));
        if (part.empty()) continue;
        std::size_t equals = part.find('=');
        auto name = query_decode(part.substr(0, equals));
        auto value = query_decode(equals == std::string_view::npos ? std::string_view()
                                                                   : part.substr(equals + 1));
        if (!name || !value) return std::unexpected(Refusal{400, "the query holds an encoded NUL"});
        result.query.emplace_back(std::move(*name), std::move(*value));
    }
    return result;
}

}  // namespace vitals::http
