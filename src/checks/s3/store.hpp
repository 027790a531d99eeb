// The requests of one run to one bucket: addressed, signed, sent; refusals in vitals' words. s3.cpp
// decides what they prove together.
#pragma once

#include <string>
#include <string_view>

#include "backends/aws/service.hpp"
#include "net/http_client.hpp"
#include "s3.hpp"
#include "text/url.hpp"
#include "wire/sigv4.hpp"

namespace vitals::checks::s3 {

// The address of the bucket, by the options' style. Precondition: the options were verified.
struct Place {
    explicit Place(const Options& options);
    std::string scheme;
    std::string host;    // as the Host header has it
    std::string folder;  // before a key: `/`, or `/bucket/`
    std::string itself;  // of the bucket: `/`, or `/bucket`
};

class Store {
  public:
    Store(const Options& options, const Place& place, net::Context& context);

    // The answer, with any status. `step` is the phase; `path` is from Place.
    net::awaitable<net::HttpResponse> ask(std::string step, std::string method, std::string path,
                                          wire::sigv4::Pairs query = wire::sigv4::Pairs(),
                                          std::string body = std::string());

  private:
    net::Context& context_;
    backends::aws::Service service_;
};

// The meaning of an answer that is not a success. `asked`: "to create an object".
CheckError refusal(const net::HttpResponse& response, std::string_view asked);

}  // namespace vitals::checks::s3
