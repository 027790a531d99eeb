// The client's side of a SCRAM log-in (RFC 5802, RFC 7677), without channel binding. Pure. The
// server decides how long its computation takes: see iterations().
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace vitals::wire::scram {

enum class Hash : std::uint8_t { sha_1, sha_256, sha_512 };

// For a client. The one function here that is not pure.
std::string random_nonce();

class Client {
  public:
    // `password` is hashed; the nonce is random, and printable without a comma.
    Client(Hash hash, std::string_view user, std::string password, std::string nonce);

    std::string first_message() const { return "n,," + first_bare_; }
    // Takes the server's answer, or says what is wrong with it.
    std::expected<void, std::string> take_challenge(std::string_view message);
    // How often the password must be hashed, once the challenge is taken.
    std::uint64_t iterations() const { return iterations_; }
    // The proof; hashes that many times.
    std::string final_message();
    // Whether the server has also proved that it knows the password; call it after the proof is
    // made.
    bool accepts(std::string_view message) const;

  private:
    Hash hash_;
    std::string password_;
    std::string nonce_;
    std::string first_bare_;
    std::string challenge_;
    std::string salt_;
    std::uint64_t iterations_ = 0;
    std::string server_signature_;
};

}  // namespace vitals::wire::scram
