#include "wire/rdap.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "model/clock.hpp"

namespace vitals::wire::rdap {

namespace {

namespace json = boost::json;

constexpr std::size_t deepest = 32;
constexpr std::size_t most_statuses = 32, longest_status = 64;

json::value parsed(std::string_view text) {
    json::error_code error;
    json::parse_options options;
    options.max_depth = deepest;
    json::value document = json::parse(text, error, {}, options);
    return error ? json::value() : document;
}

std::string_view text_of(const json::value& value, std::string_view name) {
    const json::object* const object = value.if_object();
    const json::value* const found = object == nullptr ? nullptr : object->if_contains(name);
    if (found == nullptr || !found->is_string()) return {};
    return {found->get_string().data(), found->get_string().size()};
}

const json::array* list_of(const json::value& value, std::string_view name) {
    const json::object* const object = value.if_object();
    const json::value* const found = object == nullptr ? nullptr : object->if_contains(name);
    return found == nullptr ? nullptr : found->if_array();
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal(std::string_view one, std::string_view other) {
    return std::ranges::equal(one, other, {}, lower, lower);
}

// "client hold"; registries also write EPP's "clientHold".
std::string in_words(std::string_view status) {
    std::string words;
    for (const char c : status.substr(0, longest_status)) {
        if (c >= 'A' && c <= 'Z' && !words.empty() && words.back() != ' ') words += ' ';
        words += lower(c);
    }
    return words;
}

// Whether `domain` is `zone` or below it, label by label.
bool is_within(std::string_view domain, std::string_view zone) {
    if (zone.empty() || domain.size() < zone.size()) return false;
    const std::size_t rest = domain.size() - zone.size();
    return equal(domain.substr(rest), zone) && (rest == 0 || domain[rest - 1] == '.');
}

// The longest zone of an entry of the list that contains the domain.
std::size_t match(const json::value& zones, std::string_view domain) {
    std::size_t longest = 0;
    if (!zones.is_array()) return 0;
    for (const json::value& zone : zones.get_array()) {
        if (!zone.is_string()) continue;
        const std::string_view name(zone.get_string().data(), zone.get_string().size());
        if (is_within(domain, name)) longest = std::max(longest, name.size());
    }
    return longest;
}

std::optional<std::string> best_of(const json::value& servers) {
    std::optional<std::string> found;
    if (!servers.is_array()) return found;
    for (const json::value& server : servers.get_array()) {
        if (!server.is_string()) continue;
        std::string url(server.get_string());
        const bool secure = url.starts_with("https://");
        if (!secure && !url.starts_with("http://")) continue;
        if (!url.ends_with('/')) url += '/';
        if (!found || (secure && !found->starts_with("https://"))) found = std::move(url);
    }
    return found;
}

}  // namespace

std::expected<Registration, std::string> read_domain(std::string_view body,
                                                     std::string_view domain) {
    const json::value document = parsed(body);
    if (!equal(text_of(document, "objectClassName"), "domain"))
        return std::unexpected("not an answer of RDAP about a domain");
    std::string_view name = text_of(document, "ldhName");
    if (name.ends_with('.')) name.remove_suffix(1);
    if (!name.empty() && !equal(name, domain))
        return std::unexpected("answers about another domain");
    Registration made;
    if (const json::array* events = list_of(document, "events")) {
        for (const json::value& event : *events) {
            // The registrar's own date is another event, and does not count.
            if (!equal(text_of(event, "eventAction"), "expiration")) continue;
            const auto when = parse_rfc3339(text_of(event, "eventDate"));
            if (!when) return std::unexpected("the date of the end is no date");
            made.ends = made.ends ? std::min(*made.ends, *when) : *when;
        }
    }
    if (const json::array* statuses = list_of(document, "status")) {
        for (const json::value& status : *statuses) {
            if (!status.is_string() || made.statuses.size() == most_statuses) continue;
            const std::string_view text(status.get_string().data(), status.get_string().size());
            made.statuses.push_back(in_words(text));
        }
    }
    return made;
}

std::expected<std::optional<std::string>, std::string> server_of(std::string_view bootstrap,
                                                                 std::string_view domain) {
    const json::value document = parsed(bootstrap);
    const json::array* const services = list_of(document, "services");
    if (services == nullptr) return std::unexpected("not a list of RDAP servers");
    std::size_t longest = 0;
    std::optional<std::string> found;
    for (const json::value& service : *services) {
        const json::array* const pair = service.if_array();
        if (pair == nullptr || pair->size() < 2) continue;
        const std::size_t matched = match((*pair)[0], domain);
        if (matched <= longest) continue;
        if (auto server = best_of((*pair)[1])) {
            longest = matched;
            found = std::move(server);
        }
    }
    return found;
}

}  // namespace vitals::wire::rdap
