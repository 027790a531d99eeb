#include "tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <stdexcept>
#include <utility>

namespace vitals::testing {

namespace {

void load(SSL_CTX* context, const Identity& identity) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> chain(
        BIO_new_mem_buf(identity.certificate.data(), static_cast<int>(identity.certificate.size())),
        BIO_free_all);
    bool leaf = true;
    while (X509* certificate = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
        if (leaf) {
            SSL_CTX_use_certificate(context, certificate);
            X509_free(certificate);
        } else {
            SSL_CTX_add_extra_chain_cert(context, certificate);  // takes ownership
        }
        leaf = false;
    }
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> key(
        BIO_new_mem_buf(identity.key.data(), static_cast<int>(identity.key.size())), BIO_free_all);
    EVP_PKEY* secret = PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr);
    SSL_CTX_use_PrivateKey(context, secret);
    EVP_PKEY_free(secret);
    ERR_clear_error();
    if (SSL_CTX_check_private_key(context) != 1) throw std::runtime_error("identity of a peer");
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* size,
                    const unsigned char* offered, unsigned offered_size, void* wanted) {
    const auto& protocol = *static_cast<const std::string*>(wanted);
    const std::string ours = static_cast<char>(protocol.size()) + protocol;
    unsigned char* chosen = nullptr;
    // The choice points into the client's list, which outlives this call.
    const int found = SSL_select_next_proto(&chosen, size, offered, offered_size,
                                            reinterpret_cast<const unsigned char*>(ours.data()),
                                            static_cast<unsigned>(ours.size()));
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

Authority::Authority()
    : identity_(make_certificate({.subject = "test authority",
                                  .names = {},
                                  .addresses = {},
                                  .until = std::chrono::hours(24 * 365),
                                  .authority = true})),
      file_(directory_.write("ca.pem", identity_.certificate)) {}

bool TlsStream::send_all(std::string_view bytes) {
    return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::string TlsStream::read_until(std::string_view delimiter) {
    std::string text;
    char byte = 0;
    while (!text.ends_with(delimiter) && SSL_read(ssl_, &byte, 1) == 1) text += byte;
    return text;
}

std::string TlsStream::server_name() const {
    const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? std::string() : std::string(name);
}

void serve_tls(int descriptor, const Identity& identity, const TlsHandler& handler,
               const std::string& protocol) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    load(context.get(), identity);
    // A ticket beyond that would be unread input on the client's side when it closes.
    SSL_CTX_set_num_tickets(context.get(), 0);
    if (!protocol.empty())
        SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol,
                                   const_cast<std::string*>(&protocol));
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    SSL_set_fd(ssl.get(), descriptor);
    if (SSL_accept(ssl.get()) == 1) {
        TlsStream stream(ssl.get());
        handler(stream);
        SSL_shutdown(ssl.get());
    }
    ERR_clear_error();
}

Peer::Handler tls(Identity identity, TlsHandler handler, std::string protocol) {
    return [identity = std::move(identity), handler = std::move(handler),
            protocol = std::move(protocol)](int descriptor) {
        serve_tls(descriptor, identity, handler, protocol);
        close_in_order(descriptor);
    };
}

Peer::Handler tls_answer(Identity identity, std::string bytes) {
    return tls(std::move(identity), [bytes = std::move(bytes)](TlsStream& stream) {
        stream.read_until("\r\n\r\n");
        stream.send_all(bytes);
    });
}

}  // namespace vitals::testing
