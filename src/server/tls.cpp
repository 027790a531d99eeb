// OpenSSL 3. TLS 1.2 or newer, forward secrecy, no renegotiation.
#include "server/tls.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>

namespace vitals::server {
namespace {

// The cost of a session of OpenSSL 3.0 in its handshake and after it, measured with 1,500 of each:
// 21 and 13 KiB.
constexpr std::size_t handshake_memory = 24u << 10, session_memory = 14u << 10;
// Only suites with forward secrecy: a key that is lost later does not decrypt recorded connections.
// All suites of TLS 1.3 have it.
constexpr const char* suites_of_tls12 = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES";

std::string openssl_reason() {
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
    return reason == nullptr ? "reason unknown" : reason;
}

// What is wrong with a file, before OpenSSL reads it: OpenSSL's own messages are no help here.
void must_be_readable(const std::string& path, const char* what) {
    if (path.empty()) throw std::runtime_error(fmt::format("the {} is not named", what));
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr)
        throw std::runtime_error(
            fmt::format("the {} {} cannot be read: {}", what, path, std::strerror(errno)));
    std::fclose(file);
}

// The first protocol of this side that the client also offers.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void* ours) {
    const auto& list = *static_cast<const std::string_view*>(ours);
    unsigned char* found = nullptr;
    const int result =
        SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(list.data()),
                              static_cast<unsigned>(list.size()), offered, offered_size);
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

void offer(SSL_CTX* context, Offers offers) {
    static constexpr std::string_view both = "\x02h2\x08http/1.1", one = "\x02h2";
    if (offers == Offers::none) return;
    const std::string_view& list = offers == Offers::http2 ? one : both;
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, const_cast<std::string_view*>(&list));
}

std::shared_ptr<SSL_CTX> make_context(const Listener::Tls& files, Offers offers) {
    must_be_readable(files.certificate, "certificate");
    must_be_readable(files.key, "key");
    if (!files.client_ca.empty()) must_be_readable(files.client_ca, "client_ca");
    ERR_clear_error();
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    if (context == nullptr) throw std::runtime_error("no TLS context: " + openssl_reason());
    SSL_CTX* raw = context.get();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    offer(raw, offers);
    if (SSL_CTX_set_cipher_list(raw, suites_of_tls12) != 1)
        throw std::runtime_error("no cipher suite for TLS 1.2: " + openssl_reason());
    // Tickets resume sessions without state on this side.
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(raw, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    if (SSL_CTX_use_certificate_chain_file(raw, files.certificate.c_str()) != 1)
        throw std::runtime_error(fmt::format("the certificate {} is not a PEM chain: {}",
                                             files.certificate, openssl_reason()));
    // An encrypted key would make OpenSSL ask on the terminal.
    SSL_CTX_set_default_passwd_cb(raw, [](char*, int, int, void*) { return -1; });
    if (SSL_CTX_use_PrivateKey_file(raw, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        int reason = ERR_GET_REASON(ERR_peek_last_error());
        if (reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH)
            throw std::runtime_error(fmt::format("the key {} does not belong to the certificate {}",
                                                 files.key, files.certificate));
        throw std::runtime_error(fmt::format("the key {} is not an unencrypted PEM key: {}",
                                             files.key, openssl_reason()));
    }
    if (!files.client_ca.empty()) {
        if (SSL_CTX_load_verify_locations(raw, files.client_ca.c_str(), nullptr) != 1)
            throw std::runtime_error(fmt::format("client_ca {} holds no PEM certificate: {}",
                                                 files.client_ca, openssl_reason()));
        SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(files.client_ca.c_str()));
        SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        // Sessions are resumed only among those that showed this context a certificate.
        SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>("vitals"), 6);
    }
    return context;
}

}  // namespace

TlsContext::TlsContext(const Listener::Tls& files, Offers offers)
    : files_(files),
      offers_(offers),
      signature_(signature()),
      context_(make_context(files, offers)) {}

std::shared_ptr<SSL_CTX> TlsContext::current() const {
    std::scoped_lock lock(mutex_);
    return context_;
}

// Another inode, size or time, older or newer: links are switched, old files are restored.
std::string TlsContext::signature() const {
    std::string result;
    for (const std::string* path : {&files_.certificate, &files_.key, &files_.client_ca}) {
        struct stat status{};
        if (path->empty() || ::stat(path->c_str(), &status) != 0) {
            result += "-;";
            continue;
        }
        result += fmt::format("{}.{}.{}.{}.{};", status.st_dev, status.st_ino, status.st_size,
                              status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    }
    return result;
}

std::expected<TlsContext::Change, std::nullptr_t> TlsContext::refresh() {
    std::string now = signature();
    if (now == signature_) return std::unexpected(nullptr);
    signature_ = std::move(now);
    try {
        auto fresh = make_context(files_, offers_);
        std::scoped_lock lock(mutex_);
        context_.swap(fresh);
        return Change{true, fmt::format("the certificate {} was read again", files_.certificate)};
    } catch (const std::exception& error) {
        return Change{false, fmt::format("{}; the one read before stays in use", error.what())};
    }
}

TlsSession::TlsSession(std::shared_ptr<SSL_CTX> context, int descriptor)
    : context_(std::move(context)), ssl_(SSL_new(context_.get()), SSL_free) {
    if (ssl_ == nullptr) throw std::bad_alloc();
    SSL_set_fd(ssl_.get(), descriptor);
    SSL_set_accept_state(ssl_.get());
}

ssize_t TlsSession::judge(int result) {
    int error = SSL_get_error(ssl_.get(), result);
    switch (error) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE:
            return -1;
        case SSL_ERROR_ZERO_RETURN:
            return 0;
        case SSL_ERROR_SYSCALL:
            problem_ = errno == 0 ? "closed" : std::strerror(errno);
            ERR_clear_error();
            return -2;
        default:
            problem_ = openssl_reason();
            return -2;
    }
}

TlsSession::Step TlsSession::handshake() {
    ERR_clear_error();
    int result = SSL_accept(ssl_.get());
    if (result == 1) return Step::done;
    return judge(result) == -1 ? Step::again : Step::failed;
}

std::string_view TlsSession::protocol() const noexcept {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

ssize_t TlsSession::read(std::span<char> buffer) {
    ERR_clear_error();
    int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    return result > 0 ? result : judge(result);
}

ssize_t TlsSession::write(std::span<const char> bytes) {
    ERR_clear_error();
    std::size_t most = std::min<std::size_t>(bytes.size(), 1u << 20);
    int result = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(most));
    if (result > 0) return result;
    ssize_t judged = judge(result);
    return judged == 0 ? -2 : judged;
}

std::size_t TlsSession::held() const noexcept {
    return SSL_is_init_finished(ssl_.get()) == 0 ? handshake_memory : session_memory;
}

void TlsSession::say_goodbye() noexcept {
    if (SSL_is_init_finished(ssl_.get()) == 0) return;
    ERR_clear_error();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

}  // namespace vitals::server
