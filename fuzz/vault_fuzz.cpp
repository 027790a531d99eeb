// Vault's answers: where a path is mounted, the value of a secret, a refusal. The first byte
// chooses the key that is looked for.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "backends/vault/answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace vault = vitals::backends::vault;
    if (size == 0) return 0;
    const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
    const std::string key(data[0] % 2 == 0 ? "key" : "data");
    if (const auto value = vault::value_of(body, key)) {
        if (value->empty() || value->size() > vault::most_value_bytes) std::abort();
    } else if (value.error().empty()) {
        std::abort();
    }
    if (const auto mount = vault::mount_of(body)) {
        if (!mount->path.ends_with('/')) std::abort();
        const std::string full = mount->path + "a";
        if (mount->read_path(full).empty() || !mount->read_path(mount->path).empty()) std::abort();
    }
    static_cast<void>(vault::is_deleted(body));
    if (vault::errors_of(body).size() > 1'000) std::abort();
    const vault::SecretPath path(body);
    if (path.version_1.find('#') != std::string::npos) std::abort();
    return 0;
}
