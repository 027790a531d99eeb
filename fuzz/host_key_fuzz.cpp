// Host keys and signatures of SSH servers, on arbitrary bytes: as they come, and as what follows
// the names of the algorithms, so that each of them is reached.
#include "checks/ssh/host_key.hpp"
#include "target.hpp"
#include "wire/ssh.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    namespace ssh = checks::ssh;
    using wire::ssh::write_string;
    require(ssh::fingerprint_of(bytes).size() == 7 + 43);
    const std::string_view half = bytes.substr(0, bytes.size() / 2);
    const std::string_view rest = bytes.substr(half.size());
    (void)ssh::is_signed(half, rest, "message");
    const std::string key(bytes.substr(0, 32));
    (void)ssh::is_signed(write_string("ssh-ed25519") + write_string(key),
                         write_string("ssh-ed25519") + write_string(rest), "message");
    (void)ssh::is_signed(
        write_string("ecdsa-sha2-nistp256") + write_string("nistp256") + write_string(half),
        write_string("ecdsa-sha2-nistp256") + write_string(rest), "message");
    for (const char* algorithm : {"rsa-sha2-256", "rsa-sha2-512"})
        (void)ssh::is_signed(write_string("ssh-rsa") + std::string(half),
                             write_string(algorithm) + write_string(rest), "message");
    static const ssh::Ephemeral ours;
    const std::string shared = ours.shared_with(key);
    require(shared.empty() || shared.size() == 32);
}

}  // namespace vitals::fuzz
