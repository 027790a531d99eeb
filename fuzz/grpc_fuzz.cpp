// gRPC requests and answers on arbitrary bytes: what is read of a frame must be written the same
// again, and the service of a request, too.

#include "target.hpp"
#include "text/percent.hpp"
#include "wire/grpc_frame.hpp"

void vitals::fuzz::run(std::string_view bytes) {
    using namespace vitals::wire::grpc;
    const auto message = read_frame(bytes);
    require(!message || write_frame(*message) == bytes);
    (void)read_health_response(bytes);
    if (const auto service = read_health_request(bytes))
        require(read_health_request(write_health_request(*service)) == *service);
    require(vitals::text::percent_decoded_where_valid(bytes).size() <= bytes.size());
}
