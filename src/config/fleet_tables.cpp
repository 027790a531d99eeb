// The tables of those who share what they know: a peer, or a fleet.
#include "config/section_tables.hpp"

#include <algorithm>
#include <array>

#include "model/name.hpp"
#include "text/url.hpp"

namespace vitals::config {

namespace {

constexpr std::size_t longest_fleet_word = 64;  // bytes

Verified peer_url_problem(const text::Url& url) {
    if (auto problem = text::url_problem(url.text, {"https", "http"}); !problem.empty())
        return std::unexpected(problem);
    if (!url.user.empty() || !url.password.empty() || !url.query.empty() || url.path.size() > 1)
        return std::unexpected("expected https://host:port, where the other vitals listens");
    return {};
}

constexpr std::array peer_fields = {
    field<&Peer::url, peer_url_problem>("url", "The URL at which the other vitals listens.",
                                        {.required = true, .example = "https://other:8443"}),
    field<&Peer::token>("token", "A token of the other vitals with the right `control`.",
                        {.required = true, .example = "{file: /run/secrets/peer}"}),
    field<&Peer::rank>("rank", "The rank of this vitals: 1 alerts, 2 stands by.",
                       {.required = true, .example = "1", .least = 1, .most = 2}),
    field<&Peer::ca>("ca", "PEM file of the certificate authorities; it replaces the system's.",
                     {.example = "/etc/vitals/ca.pem"}),
    field<&Peer::wait>("wait",
                       "How long rank 2 leaves a message to rank 1, and how long a peer may be "
                       "silent before it counts as away.",
                       {.least = second, .most = 60 * second}),
};

Verified node_name_problem(const std::string& name) {
    const bool good = name_problem("nodes/" + name).empty() && name.size() <= longest_fleet_word;
    return verified(good ? "" : "must have 1 to 64 bytes that can be printed, and no '/'");
}

Verified servers_problem(const std::vector<std::string>& servers) {
    for (const std::string& server : servers) {
        const text::Url url(server);
        if (const auto problem = text::url_problem(server, {"nats"}); !problem.empty())
            return std::unexpected(problem);
        if (!url.user.empty() || !url.password.empty() || !url.query.empty() || url.path.size() > 1)
            return std::unexpected(
                "expected nats://host:4222; the identity of the node stands in 'nkey' or 'creds'");
    }
    return {};
}

Verified fleet_labels_problem(const std::vector<std::string>& labels) {
    if (labels.size() > 16) return std::unexpected("has more than 16 labels");
    for (const std::string& label : labels)
        if (label.empty() || label.size() > longest_fleet_word)
            return std::unexpected("holds a label that is empty or longer than 64 bytes");
    return {};
}

constexpr std::array fleet_tls_fields = {
    field<&Fleet::Tls::ca>("ca", "PEM file of the authorities that sign the servers' certificates.",
                           {.required = true, .example = "/etc/vitals/fleet-ca.pem"}),
    field<&Fleet::Tls::name>(
        "name",
        "The name that the certificate of every server must hold, independent of its address.",
        {.required = true, .example = "nats.example.org"}),
    field<&Fleet::Tls::certificate>(
        "certificate", "This node's certificate, a PEM file, if the servers ask for one.",
        {.example = "/etc/vitals/node.crt"}),
    field<&Fleet::Tls::key>("key", "Its private key, a PEM file.",
                            {.example = "/etc/vitals/node.key"}),
};

constexpr std::array fleet_fields = {
    field<&Fleet::name, node_name_problem>("name", "The name of the fleet, the same on all nodes.",
                                           {.required = true, .example = "shop"}),
    field<&Fleet::servers, servers_problem>(
        "servers", "The NATS servers; any one of them is enough.",
        {.required = true, .example = "[\"nats://10.0.0.1:4222\", \"nats://10.0.0.2:4222\"]"}),
    field<&Fleet::tls>("tls", "Speak TLS with them.", {.members = fleet_tls_fields}),
    field<&Fleet::nkey>("nkey",
                        "The file with the seed (SU...) of the key with which this node logs in.",
                        {.example = "/etc/vitals/node.nk"}),
    field<&Fleet::creds>("creds", "Instead of `nkey`: a credentials file, with a JWT and its seed.",
                         {.example = "/etc/vitals/node.creds"}),
    field<&Fleet::node, node_name_problem>(
        "node", "The name of this node, unique in the fleet; by default the name of its host.",
        {.example = "web-1"}),
    field<&Fleet::labels, fleet_labels_problem>(
        "labels", "Labels by which 'vantage' selects nodes.", {.example = "[edge, eu]"}),
    field<&Fleet::interval>("interval",
                            "How often this node sends a heartbeat. A node counts as silent after "
                            "three of its own intervals.",
                            {.least = 500 * ms, .most = 60 * second}),
    field<&Fleet::listen>(
        "listen",
        "Whether it hears the others. One that does not still tells that it lives, "
        "its workers and what is pushed to it, and is drained with its service. "
        "A fleet has at most 1,000 nodes that listen, and 10,000 in all."),
};

}  // namespace

std::span<const Field> peer_table() {
    return peer_fields;
}
std::span<const Field> fleet_table() {
    return fleet_fields;
}

}  // namespace vitals::config
