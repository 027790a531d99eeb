// OpenSSL contexts made from TLS options, kept until their files change, and the one verification
// of a peer's chain that connections and the HTTP client share. Inside net only.
#pragma once

#include <openssl/ssl.h>
#include <sys/stat.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "model/check_error.hpp"
#include "net/tls.hpp"

namespace vitals::net {

// What a handshake found out about the peer; the verification fills it in.
struct TlsVerdict {
    std::optional<PeerCertificate> certificate;  // also when it was not accepted
    int error = X509_V_OK;
    std::string about;   // the certificate that the error is about, for `error`
    bool asked = false;  // the peer wanted a certificate of ours
    int alert = 0;       // what the peer turned us down with (RFC 8446, section 6), or 0
};

// One set of options made ready. Immutable, except by OpenSSL's own counting.
class TlsContext {
  public:
    // Throws CheckError{local} with the path of the file that cannot be used.
    explicit TlsContext(const TlsOptions& options);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    SSL_CTX* get() const { return context_; }
    // No authority is installed on this machine: then nothing a peer shows can be judged.
    bool trusts_nobody() const { return trusts_nobody_; }

  private:
    void load_authorities(const TlsOptions& options);
    void load_system_authorities(X509_STORE* store);
    void load_identity(const TlsOptions& options);

    SSL_CTX* context_;
    bool verify_;
    bool trusts_nobody_ = false;
};

// Used on the loop's thread only.
class TlsContexts {
  public:
    // Made anew when one of the files changed since.
    std::shared_ptr<const TlsContext> get(const TlsOptions& options);

  private:
    struct Stamp {  // of a file, or of the system's store
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        timespec modified{};
        bool operator==(const Stamp& other) const;
    };
    struct Entry {
        std::array<Stamp, 3> stamps;
        std::shared_ptr<const TlsContext> context;
    };
    using Key = std::tuple<std::string, std::string, std::string, bool>;
    static Stamp stamp(const std::string& path);

    std::map<Key, Entry> entries_;
};

// Lets the session ask for `name` (SNI, unless it is an address), accept no certificate of another,
// and put what it finds into the verdict, which must outlive the handshake.
void expect(SSL* session, const std::string& name, TlsVerdict& verdict);

// Version and cipher, once the handshake is through.
void note_session(const SSL* session, TlsVerdict& verdict);

// The failure of a handshake. `library_error` is what ERR_get_error() gave, `system_error` an
// errno; either may be 0.
CheckError handshake_failure(const TlsVerdict& verdict, const TlsContext& context,
                             unsigned long library_error, int system_error,
                             const std::string& where);

// What the peer turned us down with, in the handshake or, with TLS 1.3, behind it: there it judges
// our certificate only after we are through, so that a read or a write fails first. One text
// whatever failed.
CheckError alert_failure(const TlsVerdict& verdict, const std::string& where);

// The text of an OpenSSL error, or "closed by the peer" for 0.
std::string library_text(unsigned long error);

}  // namespace vitals::net
