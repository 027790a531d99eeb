// gRPC answers on arbitrary bytes: what is read of a frame must be written the same again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "text/percent.hpp"
#include "wire/grpc_frame.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace vitals::wire::grpc;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto message = read_frame(bytes);
    if (message && write_frame(*message) != bytes) std::abort();
    (void)read_health_response(bytes);
    if (vitals::text::percent_decoded_where_valid(bytes).size() > size) std::abort();
    return 0;
}
