// Files of certificates and keys, on arbitrary bytes: PEM, DER and PKCS #12. A parsed one has times
// whose distance from now can be counted; the error says why one cannot be parsed.
#include "checks/certificate/contents.hpp"
#include "target.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    using namespace checks::certificate;
    const System now(std::chrono::seconds(1'796'050'000));
    for (const char* password : {"", "secret"}) {
        const auto contents = contents_of(bytes, password);
        if (!contents) {
            require(!contents.error().detail.empty());
            continue;
        }
        require(contents->certificates.size() <= most_certificates);
        for (const Certificate& each : contents->certificates) {
            constexpr auto far = std::chrono::hours(24 * 366 * 250);
            require(not_after(*each) - now < far && now - not_before(*each) < far);
            require(fingerprint_of(*each).size() == 64);
            (void)subject_of(*each);
        }
        const auto key = key_of(bytes, password);
        require(key || !key.error().detail.empty());
    }
}

}  // namespace vitals::fuzz
