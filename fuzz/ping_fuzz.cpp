// The paths of pings on arbitrary bytes: what is understood stands in the path, and a slug stays
// one.

#include "endpoints/pings.hpp"
#include "target.hpp"

namespace vitals::fuzz {

void run(std::string_view bytes) {
    const std::string slug = endpoints::slug_of(bytes);
    require(slug.size() <= bytes.size() && endpoints::slug_of(slug) == slug);
    const std::string path = "/" + std::string(bytes);
    for (const std::string& each : {path, "/ping" + path, "/api/push" + path}) {
        const auto ping = endpoints::parse_ping_path(each);
        if (!ping) continue;
        require(endpoints::is_ping_path(each) && !ping->key.empty());
        require(each.find(ping->key) != std::string::npos);
        require(ping->key.find('/') == std::string_view::npos);
        require(ping->slug.find('/') == std::string_view::npos);
        require(!ping->exit_code || (*ping->exit_code >= 0 && *ping->exit_code <= 999));
        require(!ping->kuma || (ping->slug.empty() && !ping->exit_code));
    }
}

}  // namespace vitals::fuzz
