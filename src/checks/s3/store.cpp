#include "store.hpp"

#include <fmt/format.h>

#include <utility>

#include "backends/aws/answers.hpp"
#include "wire/http_answer.hpp"

namespace vitals::checks::s3 {

namespace {

constexpr std::string_view region_header = "x-amz-bucket-region";

// Whether the host's name contains the bucket. A dot in it would not match a wildcard certificate.
bool is_virtual(const Options& options, const text::Url& url) {
    if (options.style != "auto") return options.style == "virtual";
    const bool amazon =
        url.host.ends_with(".amazonaws.com") || url.host.ends_with(".amazonaws.com.cn");
    return amazon && options.bucket.find('.') == std::string::npos && url.path.size() <= 1;
}

}  // namespace

Place::Place(const Options& options) {
    const text::Url url = options.url;
    const bool in_host = is_virtual(options, url);
    scheme = url.scheme;
    host = backends::aws::host_header(
        scheme, in_host ? fmt::format("{}.{}", options.bucket, url.host) : url.host, url.port);
    const std::string below = url.path.substr(0, url.path.find_last_not_of('/') + 1);
    itself = in_host ? "/" : below + "/" + options.bucket;
    folder = in_host ? "/" : itself + "/";
}

Store::Store(const Options& options, const Place& place, net::Context& context)
    : context_(context),
      service_{.scheme = place.scheme,
               .host = place.host,
               .scope = {.region = options.region, .service = "s3"},
               .credentials = backends::aws::credentials(options.access_key, options.secret_key,
                                                         options.session_token),
               .tls = options.tls} {}

net::awaitable<net::HttpResponse> Store::ask(std::string step, std::string method, std::string path,
                                             wire::sigv4::Pairs query, std::string body) {
    wire::sigv4::Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    request.query = std::move(query);
    if (request.method == "PUT") request.headers.emplace_back("content-type", "text/plain");
    request.body = body;
    net::HttpResponse response = co_await backends::aws::ask(
        context_, service_, std::move(step), std::move(request), std::size_t(64 * 1024));
    // The region of the signature does not explain a refusal.
    std::erase_if(response.headers, [this](const auto& header) {
        return header.second == service_.scope.region &&
               wire::same_name(header.first, region_header);
    });
    co_return response;
}

CheckError refusal(const net::HttpResponse& response, std::string_view asked) {
    backends::aws::Refusal read = backends::aws::refusal_of_xml(response.body);
    // The answer to HEAD has no body; a header also says where a bucket is: with a redirect, or
    // with the refusal of a signature for another region.
    const std::string* region = response.header(region_header);
    const bool elsewhere = response.status == 301 || response.status == 307 ||
                           (response.status == 400 && response.body.empty());
    if (elsewhere && region != nullptr && read.region.empty())
        read.region = backends::aws::is_region(*region) ? *region : std::string();
    if (response.status == 404 && response.body.empty()) read.code = "NoSuchBucket";
    if (read.code.empty()) read.message = response.body;
    return backends::aws::meaning_of(read, response.status, asked);
}

}  // namespace vitals::checks::s3
