// Vault's answers.
#include "answers.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "text/quote.hpp"

namespace vitals::backends::vault {

namespace {

namespace json = boost::json;
constexpr std::size_t deepest = 32;

const json::object* child(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

std::optional<std::string> text(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_string()) return std::nullopt;
    return std::string(value->get_string());
}

}  // namespace

std::optional<json::object> object_of(std::string_view body) {
    if (body.size() > most_answer_bytes) return std::nullopt;
    json::error_code error;
    json::parse_options options;
    options.max_depth = deepest;
    json::value document = json::parse(body, error, {}, options);
    if (error || !document.is_object()) return std::nullopt;
    return std::move(document.get_object());
}

const json::object* values_of(const json::object& answer) {
    const json::object* data = child(answer, "data");
    if (data == nullptr || child(*data, "metadata") == nullptr || !data->contains("data"))
        return data;
    return child(*data, "data");
}

SecretPath::SecretPath(std::string_view path) {
    const std::size_t hash = path.find('#');
    if (hash != std::string_view::npos) key = path.substr(hash + 1);
    path = path.substr(0, hash);
    version_1 = path;
    const std::size_t slash = path.find('/');
    if (slash != std::string_view::npos)
        version_2 = fmt::format("{}/data{}", path.substr(0, slash), path.substr(slash));
}

std::string Mount::read_path(std::string_view full) const {
    if (path.empty() || !full.starts_with(path) || full.size() == path.size()) return {};
    if (version == 2) return fmt::format("{}data/{}", path, full.substr(path.size()));
    return std::string(full);
}

std::optional<Mount> mount_of(std::string_view body) {
    const auto answer = object_of(body);
    const json::object* data = answer ? child(*answer, "data") : nullptr;
    if (data == nullptr) return std::nullopt;
    const auto path = text(*data, "path");
    const auto type = text(*data, "type");
    if (!path || !type || path->size() < 2 || !path->ends_with('/')) return std::nullopt;
    Mount mount{.path = *path, .type = *type};
    const json::object* options = child(*data, "options");
    const auto version = options == nullptr ? std::nullopt : text(*options, "version");
    if (version == "2") mount.version = 2;
    return mount;
}

std::expected<std::string, std::string> value_of(std::string_view body, std::string_view key) {
    const auto refused = [](std::string why) { return std::unexpected(std::move(why)); };
    const auto answer = object_of(body);
    const json::object* values = answer ? values_of(*answer) : nullptr;
    if (values == nullptr) return refused("was answered with something that is no secret");
    const json::value* value = values->if_contains(key);
    if (value == nullptr) return refused(fmt::format("has no key {}", text::quoted(key)));
    if (!value->is_string()) return refused(fmt::format("has no text as {}", text::quoted(key)));
    std::string_view found = value->get_string();
    if (found.ends_with('\n')) found.remove_suffix(1);
    if (found.ends_with('\r')) found.remove_suffix(1);
    if (found.empty()) return refused(fmt::format("is empty at {}", text::quoted(key)));
    if (found.size() > most_value_bytes)
        return refused(fmt::format("is larger than 64 KiB at {}", text::quoted(key)));
    return std::string(found);
}

bool is_deleted(std::string_view body) {
    const auto answer = object_of(body);
    const json::object* data = answer ? child(*answer, "data") : nullptr;
    return data != nullptr && child(*data, "metadata") != nullptr;
}

std::string errors_of(std::string_view body) {
    const auto answer = object_of(body);
    const json::value* errors = answer ? answer->if_contains("errors") : nullptr;
    if (errors == nullptr || !errors->is_array()) return text::quoted(body);
    return text::quoted(json::serialize(*errors));
}

}  // namespace vitals::backends::vault
