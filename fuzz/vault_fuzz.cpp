// Vault's answers: where a path is mounted, the value of a secret, a refusal. The first byte
// chooses the key that is looked for.

#include "backends/vault/answers.hpp"
#include "checks/vault/answers.hpp"
#include "model/check_error.hpp"
#include "target.hpp"

namespace vitals::fuzz {
namespace {

// A judgement of an answer is made, or refused in words.
template <class Judge>
void judged(const Judge& judge) {
    try {
        judge();
    } catch (const CheckError& error) {
        require(!error.detail.empty());
    }
}

}  // namespace

void run(std::string_view bytes) {
    namespace vault = backends::vault;
    if (bytes.empty()) return;
    const bool flag = bytes[0] % 2 == 0;
    judged([&] { require(!checks::vault::judge_health(bytes.substr(1), flag, !flag).empty()); });
    judged([&] { (void)checks::vault::judge_recovery(bytes.substr(1)); });
    judged([&] { (void)checks::vault::seconds_left(bytes.substr(1)); });
    judged([&] { checks::vault::judge_secret(bytes.substr(1), flag ? "" : "data"); });
    const std::string_view body = bytes.substr(1);
    const std::string key(flag ? "key" : "data");
    if (const auto value = vault::value_of(body, key)) {
        require(!value->empty() && value->size() <= vault::most_value_bytes);
    } else if (value.error().empty()) {
        std::abort();
    }
    if (const auto mount = vault::mount_of(body)) {
        require(mount->path.ends_with('/'));
        const std::string full = mount->path + "a";
        require(!mount->read_path(full).empty() && mount->read_path(mount->path).empty());
    }
    static_cast<void>(vault::is_deleted(body));
    require(vault::errors_of(body).size() <= 1'000);
    const vault::SecretPath path(body);
    require(path.version_1.find('#') == std::string::npos);
}

}  // namespace vitals::fuzz
