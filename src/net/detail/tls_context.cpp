#include "net/detail/tls_context.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <sstream>

#include "model/clock.hpp"
#include "model/moment.hpp"
#include "net/detail/failure.hpp"
#include "net/detail/resolver.hpp"

namespace vitals::net {

namespace {

constexpr std::size_t kept_contexts = 128;

// Slots in sessions and contexts for the data of one peer.
int verdict_of_session() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

TlsVerdict* verdict_of(X509_STORE_CTX* store) {
    const auto* session =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
    if (session == nullptr) return nullptr;
    return static_cast<TlsVerdict*>(SSL_get_ex_data(session, verdict_of_session()));
}

// `host.` and `host` are the same host; certificates and SNI only know the second form.
std::string without_dot(std::string name) {
    if (name.size() > 1 && name.back() == '.') name.pop_back();
    return name;
}

// The peer refused the client certificate, or its absence.
bool about_our_certificate(const TlsVerdict& verdict) {
    switch (verdict.alert) {
        case SSL_AD_CERTIFICATE_REQUIRED:
        case SSL_AD_NO_CERTIFICATE:
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
            return true;
        case SSL_AD_HANDSHAKE_FAILURE:  // how TLS 1.2 says it
            return verdict.asked;
        default:
            return false;
    }
}

// Keeps the alert, whatever reads it and whatever follows from it.
void note(TlsVerdict& verdict, int where, int value) {
    constexpr int fatal = 2;
    if (where == SSL_CB_READ_ALERT && value >> 8 == fatal) verdict.alert = value & 0xff;
}

int note_question(SSL*, void* verdict) {
    static_cast<TlsVerdict*>(verdict)->asked = true;
    return 1;
}

void note_in_session(const SSL* session, int where, int value) {
    auto* verdict = static_cast<TlsVerdict*>(SSL_get_ex_data(session, verdict_of_session()));
    if (verdict != nullptr) note(*verdict, where, value);
}

std::string subject(const X509* certificate) {
    BIO* out = BIO_new(BIO_s_mem());
    X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0,
                       XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
    char* text = nullptr;
    const long size = BIO_get_mem_data(out, &text);
    std::string made(text, static_cast<std::size_t>(size));
    BIO_free(out);
    return made;
}

System not_after(const X509* certificate) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return System{};
    return moment_of(std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts))));
}

std::string fingerprint(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

PeerCertificate describe(X509* leaf, STACK_OF(X509) * chain) {
    PeerCertificate made;
    made.subject = subject(leaf);
    made.fingerprint = fingerprint(leaf);
    made.not_after_earliest = not_after(leaf);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
        const System end = not_after(sk_X509_value(chain, i));
        made.not_after_earliest = std::min(made.not_after_earliest, end);
    }
    return made;
}

// Replaces OpenSSL's own call, once per handshake. It verifies as OpenSSL would, and keeps the
// shown certificates in any case.
int verify_chain(X509_STORE_CTX* store, void* verify) {
    TlsVerdict* verdict = verdict_of(store);
    X509* leaf = X509_STORE_CTX_get0_cert(store);
    const bool good = verify == nullptr || X509_verify_cert(store) == 1;
    if (verdict == nullptr) return good ? 1 : 0;
    // Servers still send old certificates that no path needs. The verified path counts; if there is
    // none, all shown certificates count.
    STACK_OF(X509)* chain = good && verify != nullptr ? X509_STORE_CTX_get0_chain(store)
                                                      : X509_STORE_CTX_get0_untrusted(store);
    if (leaf != nullptr) verdict->certificate = describe(leaf, chain);
    if (good) return 1;
    verdict->error = X509_STORE_CTX_get_error(store);
    const X509* current = X509_STORE_CTX_get_current_cert(store);
    if (current == nullptr) current = leaf;
    if (current != nullptr) {
        verdict->about =
            fmt::format("{}, valid until {}", subject(current), rfc3339(not_after(current)));
    }
    return 0;
}

// Without it, OpenSSL would ask for a passphrase on the terminal.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

CheckError unusable(const char* detail, const std::string& path) {
    const int system_error = errno;
    const unsigned long error = ERR_peek_error();
    std::string why = library_text(error);
    if (ERR_SYSTEM_ERROR(error)) why = system_text(ERR_GET_REASON(error));
    if (error == 0) why = system_text(system_error);
    ERR_clear_error();
    return CheckError(ErrorClass::local, detail, fmt::format("{}: {}", path, why));
}

bool is_directory(const std::string& path) {
    struct stat found{};
    return stat(path.c_str(), &found) == 0 && S_ISDIR(found.st_mode);
}

std::string system_directory() {
    const char* set = getenv(X509_get_default_cert_dir_env());
    return set != nullptr ? set : X509_get_default_cert_dir();
}

// Whether OpenSSL can find authorities there by the hash of their names: `4f316efb.0`.
bool holds_hashed_files(const std::string& directories) {
    std::istringstream list(directories);
    for (std::string directory; std::getline(list, directory, ':');) {
        DIR* opened = opendir(directory.c_str());
        if (opened == nullptr) continue;
        bool found = false;
        while (const dirent* entry = readdir(opened)) {
            const std::string_view name = entry->d_name;
            found = found || name.find_first_not_of("0123456789abcdef") == 8;
        }
        closedir(opened);
        if (found) return true;
    }
    return false;
}

// A certificate names an address without its zone. If OpenSSL does not accept a name, no name would
// be set, and it would accept every certificate.
void set_name(X509_VERIFY_PARAM* parameters, const std::string& name) {
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const int taken =
        is_address(name)
            ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name.substr(0, name.find('%')).c_str())
            : X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size());
    if (taken != 1 || name.empty())
        throw CheckError(ErrorClass::local, "no name to verify the certificate by", name);
}

// The answer is not a record of TLS: this is a port for the plain protocol.
bool not_tls(unsigned long error) {
    return ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER;
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options)
    : context_(SSL_CTX_new(TLS_client_method())), verify_(options.verify) {
    if (context_ == nullptr) throw unusable("TLS not available", "OpenSSL");
    ERR_clear_error();
    try {
        SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
        // Many servers close without a close_notify; the protocol decides whether the answer was
        // complete.
        SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                          SSL_OP_IGNORE_UNEXPECTED_EOF);
        SSL_CTX_set_mode(context_, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
        // A resumed session shows no certificate, and every run must see it.
        SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
        SSL_CTX_set_default_passwd_cb(context_, no_passphrase);
        if (options.verify) load_authorities(options);
        if (!options.certificate.empty()) load_identity(options);
        // The argument only says whether to verify; its address has no meaning.
        SSL_CTX_set_cert_verify_callback(context_, verify_chain, verify_ ? this : nullptr);
        SSL_CTX_set_verify(context_, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    } catch (...) {
        SSL_CTX_free(context_);
        throw;
    }
}

TlsContext::~TlsContext() {
    SSL_CTX_free(context_);
}

void TlsContext::load_authorities(const TlsOptions& options) {
    X509_STORE* store = SSL_CTX_get_cert_store(context_);
    // A configured authority is trusted, even if another one signed it.
    X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
    if (options.ca.empty()) {
        load_system_authorities(store);
        return;
    }
    const int loaded = is_directory(options.ca) ? X509_STORE_load_path(store, options.ca.c_str())
                                                : X509_STORE_load_file(store, options.ca.c_str());
    if (loaded != 1) throw unusable("authorities file cannot be used", options.ca);
}

// If there is a directory, OpenSSL reads it when it needs a name. The usual file beside it has the
// same content in one piece; reading it takes 30 ms of the loop's time, and it needs a megabyte.
void TlsContext::load_system_authorities(X509_STORE* store) {
    const std::string directories = system_directory();
    const bool hashed = holds_hashed_files(directories);
    if (hashed) X509_STORE_load_path(store, directories.c_str());
    if (!hashed || getenv(X509_get_default_cert_file_env()) != nullptr)
        X509_STORE_set_default_paths(store);
    ERR_clear_error();
    trusts_nobody_ = !hashed && sk_X509_OBJECT_num(X509_STORE_get0_objects(store)) <= 0;
}

void TlsContext::load_identity(const TlsOptions& options) {
    const std::string& key = options.key.empty() ? options.certificate : options.key;
    if (SSL_CTX_use_certificate_chain_file(context_, options.certificate.c_str()) != 1)
        throw unusable("client certificate cannot be used", options.certificate);
    if (SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) != 1)
        throw unusable("client key cannot be used", key);
}

bool TlsContexts::Stamp::operator==(const Stamp& other) const {
    return device == other.device && inode == other.inode && size == other.size &&
           modified.tv_sec == other.modified.tv_sec && modified.tv_nsec == other.modified.tv_nsec;
}

TlsContexts::Stamp TlsContexts::stamp(const std::string& path) {
    struct stat found{};
    if (path.empty() || stat(path.c_str(), &found) != 0) return Stamp{};
    return Stamp{found.st_dev, found.st_ino, found.st_size, found.st_mtim};
}

std::shared_ptr<const TlsContext> TlsContexts::get(const TlsOptions& options) {
    const std::string trust =
        options.verify && options.ca.empty() ? system_directory() : options.ca;
    const std::array<Stamp, 3> stamps{stamp(trust), stamp(options.certificate), stamp(options.key)};
    const Key key(options.ca, options.certificate, options.key, options.verify);
    const auto known = entries_.find(key);
    if (known != entries_.end() && known->second.stamps == stamps) return known->second.context;
    auto made = std::make_shared<const TlsContext>(options);
    if (entries_.size() >= kept_contexts) entries_.clear();  // those of old configurations
    entries_.insert_or_assign(key, Entry{stamps, made});
    return made;
}

void expect(SSL* session, const std::string& name, TlsVerdict& verdict) {
    const std::string plain = without_dot(name);
    if (!is_address(plain)) SSL_set_tlsext_host_name(session, plain.c_str());
    set_name(SSL_get0_param(session), plain);
    SSL_set_ex_data(session, verdict_of_session(), &verdict);
    SSL_set_info_callback(session, note_in_session);
    SSL_set_cert_cb(session, note_question, &verdict);
}

void note_session(const SSL* session, TlsVerdict& verdict) {
    if (!verdict.certificate) return;
    verdict.certificate->version = SSL_get_version(session);
    verdict.certificate->cipher = SSL_get_cipher_name(session);
}

std::string library_text(unsigned long error) {
    if (error == 0) return "closed by the peer";
    const char* reason = ERR_reason_error_string(error);
    return reason != nullptr ? reason : fmt::format("error {:x}", error);
}

CheckError alert_failure(const TlsVerdict& verdict, const std::string& where) {
    const std::string what = verdict.alert == SSL_AD_CERTIFICATE_REQUIRED
                                 ? "certificate required"
                                 : SSL_alert_desc_string_long(verdict.alert);
    CheckError error(ErrorClass::tls, "handshake failed",
                     fmt::format("{}: got alert {}, {}", where, verdict.alert, what));
    if (about_our_certificate(verdict)) error.detail = certificate_refused;
    if (verdict.alert == TLS1_AD_NO_APPLICATION_PROTOCOL)
        error.detail = "did not agree to our protocol (ALPN)";
    error.phase = "tls";
    return error;
}

CheckError handshake_failure(const TlsVerdict& verdict, const TlsContext& context,
                             unsigned long library_error, int system_error,
                             const std::string& where) {
    if (verdict.error == X509_V_OK && verdict.alert != 0) return alert_failure(verdict, where);
    if (verdict.error == X509_V_OK) {
        const std::string why =
            system_error != 0 ? system_text(system_error) : library_text(library_error);
        const char* detail = "handshake failed";
        if (not_tls(library_error)) detail = "does not speak TLS";
        return CheckError(ErrorClass::tls, detail, fmt::format("{}: {}", where, why));
    }
    const std::string why = fmt::format(
        "{}: {} ({})", where, X509_verify_cert_error_string(verdict.error), verdict.about);
    switch (verdict.error) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return CheckError(ErrorClass::tls, "certificate expired", why);
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return CheckError(ErrorClass::tls, "certificate not yet valid", why);
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return CheckError(ErrorClass::tls, "certificate is for another name", why);
        case X509_V_ERR_CERT_REVOKED:
            return CheckError(ErrorClass::tls, "certificate revoked", why);
        case X509_V_ERR_OUT_OF_MEM:
            return CheckError(ErrorClass::local, "no memory to verify a certificate", why);
        default:
            break;
    }
    if (context.trusts_nobody()) {
        return CheckError(ErrorClass::local, "no certificate authorities installed",
                          system_directory() + " is empty: install ca-certificates or set tls.ca");
    }
    return CheckError(ErrorClass::tls, "certificate not trusted", why);
}

}  // namespace vitals::net
