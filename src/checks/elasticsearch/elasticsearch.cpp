#include "elasticsearch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <memory>
#include <utility>

#include "backends/json_api/json_api.hpp"
#include "checks/access_fields.hpp"
#include "text/amount.hpp"
#include "text/percent.hpp"
#include "text/prose.hpp"

namespace vitals::checks::elasticsearch {

namespace {

namespace api = backends::json_api;
namespace json = boost::json;

constexpr std::uint16_t usual_port = 9200;

// `opensearch://` is another name for the same.
text::Url with_one_name(const text::Url& url) {
    text::Url named = url;
    if (url.scheme == "opensearch") named.scheme = "elasticsearch";
    if (url.scheme == "opensearchs") named.scheme = "elasticsearchs";
    return named;
}

Verified verify_url(const text::Url& url) {
    return api::verify_base(
        url, {"elasticsearch", "elasticsearchs", "opensearch", "opensearchs", "http", "https"});
}

Verified verify_index(const std::string& index) {
    if (index.find_first_of("/?# \"\\|<>") != std::string::npos || index.starts_with('_'))
        return std::unexpected("is no name of an index");
    return {};
}

Verified verify(const Options& options) {
    const bool has_user = !options.user.empty() || !options.url.user.empty();
    if (has_user && options.api_key.configured())
        return std::unexpected("user and api_key exclude each other");
    if (!has_user && options.password.configured())
        return std::unexpected("a password without a user");
    return {};
}

constexpr Field fields[] = {
    url_field<Options, verify_url>(
        "A node: elasticsearch://host:9200, or elasticsearchs:// with TLS (opensearch:// and "
        "opensearchs:// likewise); https:// and http:// mean the same.",
        "elasticsearchs://search.example.org:9200"),
    field<&Options::user>(
        "user",
        "The user; it may stand in the URL instead. Without a user, the check does not log in."),
    password_field<Options>(),
    field<&Options::api_key>("api_key", "Instead of user and password: an API key (base64)."),
    field<&Options::index, verify_index>(
        "index", "Judges only this index; several are separated by commas and may hold `*`.",
        {.example = "orders-*"}),
    field<&Options::yellow>("yellow",
                            "What a missing replica counts as; `auto`: degraded, but ok with a "
                            "single data node, which can hold no replica.",
                            {.choices = "auto|ok|degraded|failed"}),
    field<&Options::nodes>("nodes", "Degraded with fewer data nodes; 0: not judged.",
                           {.unit = "data nodes", .least = 0, .most = 10000}),
    field<&Options::writable>("writable",
                              "Whether blocked writes are a failure: in the whole cluster, in an "
                              "index whose disk is full, or by any block of `index`."),
    tls_field<Options>(),
};

api::Access access_of(const Options& options) {
    const text::Url named = with_one_name(options.url);
    api::Access access = api::access_of(options, api::base_of(named, "elasticsearch", usual_port));
    if (options.api_key.configured())
        access.headers.emplace_back("Authorization", "ApiKey " + options.api_key.reveal());
    access.most_bytes = std::size_t{4} << 20;
    return access;
}

CheckError refusal(const api::Answer& answer) {
    std::string type = api::text_at(answer.document, "/error/type");
    // Some servers keep it short.
    if (type.empty()) type = api::text_at(answer.document, "/error");
    const auto made = [&](ErrorClass error_class, const char* detail) {
        return CheckError(error_class, detail, "got " + answer.said);
    };
    if (type == "master_not_discovered_exception" ||
        type == "cluster_manager_not_discovered_exception")
        return made(ErrorClass::assertion, "no master is elected");
    if (type == "index_not_found_exception") return made(ErrorClass::assertion, "no such index");
    return api::refusal(answer, "Elasticsearch's");
}

// How long the server may work on its answer, so that it arrives before the deadline.
std::string patience(const net::Context& context) {
    const auto time = std::max<std::int64_t>(context.left().count() * 7 / 10, 50);
    return fmt::format("timeout={0}ms&master_timeout={0}ms", time);
}

Status of_yellow(const Options& options, double data_nodes) {
    if (options.yellow == "ok") return Status::ok;
    if (options.yellow == "failed") return Status::failed;
    if (options.yellow == "auto" && data_nodes == 1) return Status::ok;
    return Status::degraded;
}

Outcome with_figures(const json::value& document, Outcome outcome) {
    for (const char* name : {"number_of_nodes", "number_of_data_nodes", "active_shards",
                             "unassigned_shards", "relocating_shards", "number_of_pending_tasks"})
        if (const auto number = api::whole_at(document, std::string("/") + name))
            outcome.with(name, *number);
    return outcome;
}

Outcome judge(const Options& options, const json::value& document, const std::string& colour) {
    const double data_nodes = api::number_at(document, "/number_of_data_nodes").value_or(0);
    const auto missing = static_cast<std::size_t>(
        std::max<std::int64_t>(api::whole_at(document, "/unassigned_shards").value_or(0), 0));
    if (colour == "red")
        return failed("red: " + text::counted(missing, "shard") +
                      " not assigned, some of them "
                      "primary ones");
    const std::string fewer = fmt::format("{} of {} data nodes", data_nodes, options.nodes);
    Outcome outcome = ok(colour);
    if (colour == "yellow") {
        outcome.status = of_yellow(options, data_nodes);
        outcome.detail = "yellow: " + text::counted(missing, "shard") + " not assigned";
        if (outcome.status == Status::failed) outcome.error_class = ErrorClass::assertion;
    }
    if (outcome.status == Status::ok && data_nodes < static_cast<double>(options.nodes))
        outcome = degraded(colour + ", " + fewer);
    return outcome;
}

net::awaitable<Outcome> ask_health(const Options& options, net::Context& context,
                                   const api::Access& access) {
    std::string path = "/_cluster/health";
    if (!options.index.empty()) path += "/" + text::percent_encoded(options.index, ",*");
    path += "?" + patience(context);
    api::Question question{.step = "health", .path = std::move(path)};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    const std::string colour = api::text_at(answer.document, "/status");
    const auto late = api::flag_at(answer.document, "/timed_out");
    const bool known = colour == "green" || colour == "yellow" || colour == "red";
    // A late answer has code 408, or 200, with the usual body.
    if (!known || !late || (answer.status != 200 && answer.status != 408)) throw refusal(answer);
    Outcome outcome = judge(options, answer.document, colour);
    if (*late && outcome.status != Status::failed)
        outcome = failed("the master does not keep up (" + colour + ")");
    co_return with_figures(answer.document, std::move(outcome));
}

// Whether a list of blocks has one against writing: any, or only the one of a full disk.
bool blocks_writes(const json::value& blocks, bool any) {
    constexpr std::string_view full = "12";  // read-only / allow delete
    const json::object* const listed = blocks.if_object();
    if (listed == nullptr) return false;
    return std::ranges::any_of(*listed, [&](const auto& each) {
        const json::value* const levels = api::find(each.value(), "/levels");
        if (levels == nullptr || !levels->is_array()) return false;
        const bool write = std::ranges::any_of(levels->get_array(), [](const json::value& level) {
            return level.is_string() && level.get_string() == "write";
        });
        return write && (any || std::string_view(each.key().data(), each.key().size()) == full);
    });
}

// Green says nothing about writes.
net::awaitable<std::string> ask_blocks(const Options& options, net::Context& context,
                                       const api::Access& access) {
    std::string path = "/_cluster/state/blocks";
    if (!options.index.empty()) path += "/" + text::percent_encoded(options.index, ",*");
    api::Question question{.step = "blocks", .path = std::move(path)};
    const api::Answer answer = co_await api::ask(context, access, std::move(question));
    const json::value* const blocks = api::find(answer.document, "/blocks");
    if (answer.status != 200 || blocks == nullptr) throw refusal(answer);
    const json::value* const global = api::find(*blocks, "/global");
    if (global != nullptr && blocks_writes(*global, true))
        co_return "the whole cluster takes no writes";
    const json::value* const indices = api::find(*blocks, "/indices");
    const json::object* const named = indices == nullptr ? nullptr : indices->if_object();
    if (named == nullptr) co_return std::string();
    const bool any = !options.index.empty();
    const auto count = std::ranges::count_if(
        *named, [&](const auto& each) { return blocks_writes(each.value(), any); });
    if (count == 0) co_return std::string();
    co_return text::counted(static_cast<std::size_t>(count), "index", "indices") +
        (count == 1 ? " takes no writes" : " take no writes");
}

net::awaitable<Outcome> run(const Options& options, net::Context& context) {
    const api::Access access = access_of(options);
    Outcome outcome = co_await ask_health(options, context, access);
    if (options.writable && outcome.status != Status::failed) {
        const std::string blocked = co_await ask_blocks(options, context, access);
        if (!blocked.empty()) throw CheckError(ErrorClass::assertion, blocked);
    }
    context.enter("judge");
    if (outcome.status == Status::failed) outcome.failed_phase = context.phase();
    co_return outcome;
}

constexpr std::string_view proves = R"(
    The elected master says in time that the cluster is green: all shards are assigned.
    Yellow, where a replica is missing, is degraded; with a single data node it is ok,
    because one node can hold no replica. Red, where data cannot be read, is failed, as is
    a cluster without a master. If security is on, this proves the log-in and the right
    `monitor`. With `nodes`, enough data nodes are there. Green does not mean that writes
    are possible: a disk above the flood stage blocks them, which `writable` finds. The
    check does not search, so it proves nothing about the speed or completeness of
    searches, or about nodes that it does not ask.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, run, verify>(
    "elasticsearch", "A cluster of Elasticsearch or OpenSearch is green, and takes writes.",
    {.proves = proves,
     .schemes = {"elasticsearch", "elasticsearchs", "opensearch", "opensearchs"},
     .urls = {"elasticsearch://127.0.0.1:9200", "opensearchs://user:password@host"},
     .category = Category::datastore});

}  // namespace vitals::checks::elasticsearch
