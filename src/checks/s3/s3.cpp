#include "s3.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <utility>

#include "backends/aws/service.hpp"
#include "checks/access_fields.hpp"
#include "model/property.hpp"
#include "store.hpp"
#include "text/prose.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"

namespace vitals::checks::s3 {

namespace {

// How many undeleted objects a component remembers, to try again.
constexpr std::size_t most_leftovers = 64;
constexpr int removals_a_run = 4;  // more would take too much of the run's time
// How often and how long to wait for a replicated server: 0.1, 0.2, 0.4 and 0.8 seconds.
constexpr std::chrono::milliseconds first_pause(100);
constexpr std::chrono::milliseconds longest_pause(800);

Verified verify_url(const text::Url& url) {
    if (url.text.empty()) return {};  // not configured
    if (auto problem = text::url_problem(url.text, {"http", "https"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.query.empty())
        return std::unexpected("has parameters; expected scheme, host, port and perhaps a path");
    if (!url.user.empty() || !url.password.empty())
        return std::unexpected("holds credentials; they stand in access_key and secret_key");
    return {};
}

// Old buckets, and other servers, allow more than AWS does today.
Verified verify_bucket(const std::string& text) {
    const bool good = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
    return verified(good ? std::string()
                         : "is no name of a bucket: letters, digits, `-`, `.` and `_`");
}

Verified verify_prefix(const std::string& text) {
    if (text.size() > 512) return std::unexpected("is longer than 512 bytes");
    return verified(text.starts_with('/') ? "begins with a slash, which would be a part of the name"
                                          : std::string());
}

Verified verify(const Options& options) {
    if (options.url.empty()) return {};
    if (options.bucket.empty()) return std::unexpected("bucket is missing");
    if (options.access_key.empty()) return std::unexpected("access_key is missing");
    if (!options.secret_key.configured()) return std::unexpected("secret_key is missing");
    const text::Url& url = options.url;
    if (url.path == "/" + options.bucket || url.path == "/" + options.bucket + "/")
        return std::unexpected("url: has the bucket as its path; it stands in `bucket` alone");
    if (options.style == "virtual" && url.path.size() > 1)
        return std::unexpected(
            "style: virtual puts the bucket before the host's name, but url has a path");
    in6_addr address{};
    const bool numeric = ::inet_pton(AF_INET, url.host.c_str(), &address) == 1 ||
                         ::inet_pton(AF_INET6, url.host.c_str(), &address) == 1;
    if (options.style == "virtual" && numeric)
        return std::unexpected(
            "style: virtual puts the bucket before the host's name, but url has an address");
    return {};
}

constexpr Field fields[] = {
    field<&Options::url, verify_url>(
        "url",
        "The URL of the server, without the bucket; it has a path if S3 is served below one. An "
        "empty one checks nothing: ok, `not configured`.",
        {.example = "https://s3.eu-central-1.amazonaws.com"}),
    field<&Options::bucket, verify_bucket>("bucket", "Which bucket.", {.example = "media"}),
    field<&Options::region, backends::aws::verify_region>(
        "region", "The region of the bucket; it is part of the signature.",
        {.example = "eu-central-1"}),
    field<&Options::access_key>("access_key", "Who to be.", {.example = "AKIAIOSFODNN7EXAMPLE"}),
    field<&Options::secret_key>("secret_key", "The access key's secret."),
    field<&Options::session_token>("session_token", "The session token of temporary credentials."),
    field<&Options::mode>("mode",
                          "`object` writes an object and deletes it again; `bucket` only checks "
                          "that the bucket exists and this user may see it.",
                          {.choices = "object|bucket"}),
    field<&Options::style>("style",
                           "Where the bucket's name goes: into the path, or before the host's name "
                           "(virtual); `auto` is virtual for AWS, path for others.",
                           {.choices = "auto|path|virtual"}),
    field<&Options::prefix, verify_prefix>("prefix", "The beginning of the probe object's name.",
                                           {.example = "health/"}),
    tls_field<Options>(),
};

// RFC 9562, version 4.
std::string uuid() {
    std::random_device random;
    const unsigned time_high = (random() & 0x0fffU) | 0x4000U;
    const unsigned sequence = (random() & 0x3fffU) | 0x8000U;
    return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", random(), random() & 0xffffU,
                       time_high, sequence, random() & 0xffffU, random());
}

// An object that may exist because of this check.
struct Leftover {
    std::string key;
    std::string version;  // in a bucket that keeps old ones; empty: none, or not known
};

// Options with values that are computed once, and what earlier runs left behind. Runs of a
// component follow one another.
struct Prepared {
    explicit Prepared(std::shared_ptr<const Options> given) : options(std::move(given)) {
        if (!options->url.empty()) place.emplace(*options);
    }
    std::shared_ptr<const Options> options;
    std::optional<Place> place;
    std::deque<Leftover> leftovers;
};

class Probe {
  public:
    Probe(Prepared& prepared, net::Context& context, Store store)
        : prepared_(prepared), context_(context), store_(std::move(store)) {}

    net::awaitable<Outcome> bucket();
    net::awaitable<Outcome> object();

  private:
    net::awaitable<void> create();
    net::awaitable<void> look_and_read();
    net::awaitable<void> see_it_gone();
    net::awaitable<std::optional<CheckError>> try_reading();
    net::awaitable<std::optional<CheckError>> remove(std::string step, Leftover what);
    net::awaitable<std::optional<CheckError>> remove_leftovers();
    std::string path() const { return prepared_.place->folder + key_; }
    void forget() {
        std::erase_if(prepared_.leftovers, [this](const auto& each) { return each.key == key_; });
    }

    Prepared& prepared_;
    net::Context& context_;
    Store store_;
    const std::string key_ = prepared_.options->prefix + "vitals-probe-" + uuid();
    const std::string content_ = key_ + "\n" + uuid() + "\n";
};

bool says_it_is_s3(const net::HttpResponse& response) {
    return std::any_of(response.headers.begin(), response.headers.end(), [](const auto& header) {
        const std::string_view name = header.first;
        return name.size() > 6 && strncasecmp(name.data(), "x-amz-", 6) == 0;
    });
}

// HEAD gives no reason for a refusal; the same question with GET does. And any web server answers a
// HEAD with 200: if no header is one of S3, the list of objects shows whether it is S3.
net::awaitable<Outcome> Probe::bucket() {
    const std::string path = prepared_.place->itself;
    const net::HttpResponse head = co_await store_.ask("bucket", "HEAD", path);
    if (head.status == 200 && says_it_is_s3(head)) co_return ok("bucket is there");
    wire::sigv4::Pairs query{{"max-keys", "0"}};
    const net::HttpResponse told = co_await store_.ask("bucket", "GET", path, std::move(query));
    constexpr std::string_view asked = "to look at the bucket";
    if (told.status != 200 && !told.body.empty()) throw refusal(told, asked);
    if (head.status != 200) throw refusal(head, asked);
    if (told.body.find("<ListBucketResult") != std::string::npos) co_return ok("bucket is there");
    throw CheckError(ErrorClass::protocol, "not the answer of S3",
                     "got " + text::quoted(told.body));
}

net::awaitable<void> Probe::create() {
    // From here on it may exist, whatever happens to the answer.
    prepared_.leftovers.push_back({key_, {}});
    wire::sigv4::Pairs none;
    std::string where = path();
    const net::HttpResponse made =
        co_await store_.ask("create", "PUT", std::move(where), std::move(none), content_);
    if (made.status != 200 && made.status != 201) {
        // Refused: there is nothing to delete. A 5xx may have left something.
        if (made.status < 500) forget();
        throw refusal(made, "to create an object");
    }
    const std::string* version = made.header("x-amz-version-id");
    if (version != nullptr && *version != "null") prepared_.leftovers.back().version = *version;
}

net::awaitable<void> Probe::look_and_read() {
    const net::HttpResponse stat = co_await store_.ask("stat", "HEAD", path());
    if (stat.status == 404)
        throw CheckError(ErrorClass::assertion, "object is not there after it was created");
    if (stat.status != 200) throw refusal(stat, "to look at an object");
    const std::string* length = stat.header("content-length");
    if (length == nullptr || *length != std::to_string(content_.size())) {
        throw CheckError(ErrorClass::assertion, "object has not the size that was written",
                         fmt::format("{} bytes were written, it has {}", content_.size(),
                                     length == nullptr ? "none" : text::quoted(*length)));
    }
    const net::HttpResponse got = co_await store_.ask("download", "GET", path());
    if (got.status == 404)
        throw CheckError(ErrorClass::assertion, "object is not there after it was created");
    if (got.status != 200) throw refusal(got, "to read an object");
    if (got.body != content_) {
        throw CheckError(ErrorClass::assertion, "object is not what was written",
                         "got " + text::quoted(got.body));
    }
}

// A handler cannot await, so the error becomes a value.
net::awaitable<std::optional<CheckError>> Probe::try_reading() {
    std::optional<CheckError> problem;
    try {
        co_await look_and_read();
    } catch (const CheckError& error) {
        problem = error;
        if (problem->phase.empty()) problem->phase = context_.phase();
    }
    co_return problem;
}

// Deletes the version that this run created, so that a bucket that keeps old versions does not fill
// up. If that is not allowed, deletes only the object.
net::awaitable<std::optional<CheckError>> Probe::remove(std::string step, Leftover what) {
    std::optional<CheckError> problem;
    try {
        wire::sigv4::Pairs query;
        if (!what.version.empty()) query.emplace_back("versionId", what.version);
        const std::string where = prepared_.place->folder + what.key;
        net::HttpResponse answer = co_await store_.ask(step, "DELETE", where, std::move(query));
        if (answer.status == 403 && !what.version.empty())
            answer = co_await store_.ask(step, "DELETE", where);
        const bool gone = answer.status == 204 || answer.status == 200 || answer.status == 404;
        if (!gone) problem = refusal(answer, "to delete an object");
    } catch (const CheckError& error) {
        problem = error;
    }
    if (problem && problem->phase.empty()) problem->phase = context_.phase();
    co_return problem;
}

// AWS says 403 to users who may not list the bucket; reading the object was allowed before. A
// replicated server may need a moment.
net::awaitable<void> Probe::see_it_gone() {
    for (auto pause = first_pause;; pause *= 2) {
        const net::HttpResponse stat = co_await store_.ask("gone", "HEAD", path());
        if (stat.status == 404 || stat.status == 403) co_return;
        if (stat.status != 200) throw refusal(stat, "to look at an object");
        if (pause > longest_pause || context_.left() < 2 * pause) break;
        co_await context_.sleep(pause);
    }
    throw CheckError(ErrorClass::assertion, "object is still there after it was deleted");
}

// Objects that earlier runs could not delete: their connection broke, or their time was over.
net::awaitable<std::optional<CheckError>> Probe::remove_leftovers() {
    for (int removed = 0; removed < removals_a_run && !prepared_.leftovers.empty(); ++removed) {
        Leftover oldest = prepared_.leftovers.front();
        auto problem = co_await remove("cleanup", std::move(oldest));
        if (problem) co_return problem;  // the next run tries again
        prepared_.leftovers.pop_front();
    }
    co_return std::nullopt;
}

net::awaitable<Outcome> Probe::object() {
    // Before another one is created: a store that takes objects and does not delete them must not
    // fill up.
    const auto stuck = co_await remove_leftovers();
    if (stuck && prepared_.leftovers.size() >= most_leftovers) throw *stuck;
    co_await create();
    const auto unread = co_await try_reading();
    Leftover ours = prepared_.leftovers.back();
    const auto undeleted = co_await remove("delete", std::move(ours));
    if (!undeleted) forget();
    if (unread) throw *unread;
    if (undeleted) throw *undeleted;
    co_await see_it_gone();
    co_return ok("created, read and deleted an object");
}

net::awaitable<Outcome> run(std::shared_ptr<Prepared> prepared, net::Context& context) {
    const Options& options = *prepared->options;
    if (!prepared->place) co_return ok("not configured").with(property::configured, false);
    Store store(options, *prepared->place, context);
    Probe probe(*prepared, context, std::move(store));
    const bool only_bucket = options.mode == "bucket";
    Outcome outcome;
    if (only_bucket)
        outcome = co_await probe.bucket();
    else
        outcome = co_await probe.object();
    co_return outcome;
}

Run bind(std::shared_ptr<const Options> options) {
    auto prepared = std::make_shared<Prepared>(std::move(options));
    return [prepared](net::Context& context) { return run(prepared, context); };
}

// s3://bucket is one of AWS; s3://KEY:SECRET@host:port/bucket is one of any server.
Verified from_url(Options& options, std::string_view text) {
    const auto url = text::parse_url(text);
    if (!url) return std::unexpected(url.error());
    constexpr const char* no_bucket =
        "names no bucket; expected s3://bucket, or s3://host:port/bucket";
    std::string_view path = url->path;
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.ends_with('/')) path.remove_suffix(1);
    // A port belongs to a server, which is not a bucket.
    if (url->host.empty() || (path.empty() && url->port)) return std::unexpected(no_bucket);
    bool tls = true;
    for (const auto& [name, value] : url->query) {
        if (name == "region")
            options.region = value;
        else if (name == "mode" && (value == "object" || value == "bucket"))
            options.mode = value;
        else if (name == "tls" && (value == "on" || value == "off"))
            tls = value == "on";
        else
            return std::unexpected(
                "has an unknown parameter; expected region=, mode=object|bucket or tls=on|off");
    }
    if (const Verified region = backends::aws::verify_region(options.region); !region)
        return std::unexpected("region " + region.error());
    const std::string_view scheme = tls ? "https" : "http";
    if (path.empty()) {
        options.bucket = url->host;
        options.url = fmt::format("{}://s3.{}.{}", scheme, options.region,
                                  backends::aws::domain_of(options.region));
    } else {
        options.bucket = path;
        options.url = fmt::format("{}://{}", scheme,
                                  backends::aws::host_header(scheme, url->host, url->port));
    }
    if (const Verified good = verify_bucket(options.bucket); !good)
        return std::unexpected(no_bucket);
    return backends::aws::take_credentials(*url, options.access_key, options.secret_key,
                                           options.session_token);
}

constexpr std::string_view proves = R"(
    This user can create an object in the bucket, see its size, read back the same bytes,
    delete it, and no longer find it. The object is named `vitals-probe-` and a UUID. It
    is also deleted when reading it failed. If deleting fails, a later run of the same
    process deletes the object; while deleting keeps failing, at most 64 objects are
    created. In a bucket that keeps old versions, the version itself is deleted. That
    needs the permission s3:DeleteObjectVersion; without it, old versions of a few bytes
    remain. `mode: bucket` proves only that the bucket exists and that this user may see
    it: a full or read-only store looks healthy. The check proves nothing about other
    objects, or about the speed of large objects. Requests are signed with Signature
    Version 4.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, bind, verify, from_url>(
    "s3", "Creates an object, looks at it, reads it back, deletes it; or looks at the bucket.",
    {.proves = proves,
     .schemes = {"s3"},
     .urls = {"s3://bucket?region=eu-central-1", "s3://KEY:SECRET@127.0.0.1:9000/bucket?tls=off",
              "s3://KEY:SECRET@host/bucket?mode=bucket"},
     .category = Category::datastore});

}  // namespace vitals::checks::s3
