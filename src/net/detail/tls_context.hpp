// OpenSSL contexts made from TLS options, kept until their files change, and the verification of a
// peer's chain, which connections and the HTTP client share. Inside net only.
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

// What a handshake found out about the peer; filled in by the verification.
struct TlsVerdict {
    std::optional<PeerCertificate> certificate;  // also when it was not accepted
    int error = X509_V_OK;
    std::string about;   // the certificate that the error is about, for `error`
    bool asked = false;  // the peer asked for a client certificate
    int alert = 0;       // the alert with which the peer refused (RFC 8446, section 6), or 0
};

// A context for one set of options. Immutable, except for OpenSSL's own counters.
class TlsContext {
  public:
    // Throws CheckError{local} with the path of the file that cannot be used.
    explicit TlsContext(const TlsOptions& options);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    SSL_CTX* get() const { return context_; }
    // No authority is installed on this machine, so nothing that a peer shows can be judged.
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
    // Creates it again when one of the files has changed.
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

// Makes the session ask for `name` (SNI, unless it is an address) and accept only a certificate for
// it. It puts its findings into the verdict, which must outlive the handshake.
void expect(SSL* session, const std::string& name, TlsVerdict& verdict);

// Version and cipher, after the handshake.
void note_session(const SSL* session, TlsVerdict& verdict);

// The failure of a handshake. `library_error` is from ERR_get_error(), `system_error` is an errno;
// either may be 0.
CheckError handshake_failure(const TlsVerdict& verdict, const TlsContext& context,
                             unsigned long library_error, int system_error,
                             const std::string& where);

// The alert with which the peer refused, in the handshake or, with TLS 1.3, after it. TLS 1.3
// judges the client certificate only after this side has finished, so a read or a write fails
// first. The text is the same in both cases.
CheckError alert_failure(const TlsVerdict& verdict, const std::string& where);

// The text of an OpenSSL error, or "closed by the peer" for 0.
std::string library_text(unsigned long error);

}  // namespace vitals::net
