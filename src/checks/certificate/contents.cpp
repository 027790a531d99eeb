#include "contents.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <ctime>
#include <optional>

#include "model/moment.hpp"

namespace vitals::checks::certificate {

namespace {

using Memory = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using Pkcs12 = std::unique_ptr<PKCS12, FreedBy<PKCS12_free>>;

constexpr std::string_view begin_mark = "-----BEGIN ";

std::string openssl_text() {
    const unsigned long error = ERR_peek_last_error();
    ERR_clear_error();
    const char* const reason = error == 0 ? nullptr : ERR_reason_error_string(error);
    return reason == nullptr ? "OpenSSL gives no reason" : reason;
}

Memory reader(std::string_view bytes) {
    return Memory(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// Without a callback, OpenSSL would ask for the password on the terminal, and wait.
int give_password(char* buffer, int size, int, void* password) {
    const auto& text = *static_cast<const std::string*>(password);
    if (text.empty() || text.size() > static_cast<std::size_t>(size)) return -1;
    std::memcpy(buffer, text.data(), text.size());
    return static_cast<int>(text.size());
}

Outcome damaged(std::string why) {
    return failed("file is cut short or damaged", ErrorClass::assertion, std::move(why));
}

// The last line begins a block, but the block is missing.
bool ends_in_a_beginning(std::string_view text) {
    const std::size_t end = text.find_last_not_of(" \t\r\n");
    if (end == std::string_view::npos) return false;
    const std::size_t line = text.rfind('\n', end);
    const std::string_view last = text.substr(line == std::string_view::npos ? 0 : line + 1);
    return last.starts_with("-----B");
}

bool speaks_of_certificates(std::string_view text) {
    for (const std::string_view name :
         {"CERTIFICATE-----", "X509 CERTIFICATE-----", "TRUSTED CERTIFICATE-----"})
        if (text.contains(std::string(begin_mark) + std::string(name))) return true;
    return false;
}

std::expected<Contents, Outcome> contents_of_pem(std::string_view bytes,
                                                 const std::string& password) {
    Contents contents;
    const Memory memory = reader(bytes);
    auto* const asked = const_cast<std::string*>(&password);
    ERR_clear_error();
    while (X509* one = PEM_read_bio_X509(memory.get(), nullptr, give_password, asked)) {
        contents.certificates.emplace_back(one);
        if (contents.certificates.size() > most_certificates)
            return std::unexpected(unknown("file holds too many certificates",
                                           fmt::format("more than {}", most_certificates)));
    }
    const unsigned long error = ERR_peek_last_error();
    const bool clean =
        ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    const std::string why = openssl_text();
    // A chain that is cut while it is written looks like a single leaf.
    if (!clean && (!contents.certificates.empty() || speaks_of_certificates(bytes)))
        return std::unexpected(
            damaged(fmt::format("after {} certificates: {}", contents.certificates.size(), why)));
    if (!contents.certificates.empty() && ends_in_a_beginning(bytes))
        return std::unexpected(damaged("it ends with the first line of a block"));
    return contents;
}

// RC2 and other old ciphers, in a separate library context: nothing else may use them.
OSSL_LIB_CTX* with_old_ciphers() {
    static OSSL_LIB_CTX* const made = []() -> OSSL_LIB_CTX* {
        OSSL_LIB_CTX* context = OSSL_LIB_CTX_new();
        if (context == nullptr) return nullptr;
        if (OSSL_PROVIDER_load(context, "default") != nullptr &&
            OSSL_PROVIDER_load(context, "legacy") != nullptr)
            return context;
        OSSL_LIB_CTX_free(context);
        return nullptr;
    }();
    return made;
}

Pkcs12 parsed_pkcs12(std::string_view bytes, OSSL_LIB_CTX* context) {
    PKCS12* made = context == nullptr ? nullptr : PKCS12_init_ex(NID_pkcs7_data, context, nullptr);
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    PKCS12* const read =
        d2i_PKCS12(made == nullptr ? nullptr : &made, &data, static_cast<long>(bytes.size()));
    return Pkcs12(read);  // d2i frees `made` where it fails
}

// Nothing if OpenSSL does not support the ciphers of the file.
std::optional<std::expected<Contents, Outcome>> opened(PKCS12* file, const std::string& password) {
    EVP_PKEY* key = nullptr;
    X509* own = nullptr;
    STACK_OF(X509)* others = nullptr;
    ERR_clear_error();
    const int done = PKCS12_parse(file, password.c_str(), &key, &own, &others);
    if (done != 1) {
        const unsigned long error = ERR_peek_last_error();
        bool unsupported = false;
        while (const unsigned long each = ERR_get_error())
            unsupported |= ERR_GET_REASON(each) == ERR_R_UNSUPPORTED;
        if (ERR_GET_LIB(error) == ERR_LIB_PKCS12 &&
            ERR_GET_REASON(error) == PKCS12_R_MAC_VERIFY_FAILURE)
            return std::unexpected(password.empty() ? failed("password required", ErrorClass::auth)
                                                    : failed("wrong password", ErrorClass::auth,
                                                             "mac verify failure"));
        if (unsupported) return std::nullopt;
        const char* reason = ERR_reason_error_string(error);
        return std::unexpected(damaged(reason == nullptr ? "no PKCS #12" : reason));
    }
    Contents contents;
    contents.key.reset(key);
    if (own != nullptr) contents.certificates.emplace_back(own);
    for (int i = 0; i < sk_X509_num(others); ++i)
        contents.certificates.emplace_back(sk_X509_value(others, i));
    sk_X509_free(others);  // only the stack
    return contents;
}

std::expected<Contents, Outcome> contents_of_pkcs12(std::string_view bytes, Pkcs12 file,
                                                    const std::string& password) {
    const ASN1_INTEGER* iterations = nullptr;
    PKCS12_get0_mac(nullptr, nullptr, nullptr, &iterations, file.get());
    if (iterations != nullptr && ASN1_INTEGER_get(iterations) > most_iterations)
        return std::unexpected(unknown(
            "file hashes its password too often to be opened here",
            fmt::format("{} times; at most {}", ASN1_INTEGER_get(iterations), most_iterations)));
    if (auto contents = opened(file.get(), password)) return *std::move(contents);
    if (OSSL_LIB_CTX* const old = with_old_ciphers()) {
        const Pkcs12 again = parsed_pkcs12(bytes, old);
        if (again)
            if (auto contents = opened(again.get(), password)) return *std::move(contents);
    }
    return std::unexpected(
        unknown("needs OpenSSL's legacy provider", "a cipher that OpenSSL no longer has"));
}

std::expected<Contents, Outcome> contents_of_der(std::string_view bytes,
                                                 const std::string& password) {
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    const auto* const end = data + bytes.size();
    Contents contents;
    ERR_clear_error();
    if (X509* one = d2i_X509(nullptr, &data, static_cast<long>(bytes.size()))) {
        contents.certificates.emplace_back(one);
        if (data != end) return std::unexpected(damaged("bytes follow the certificate"));
        return contents;
    }
    if (Pkcs12 file = parsed_pkcs12(bytes, nullptr))
        return contents_of_pkcs12(bytes, std::move(file), password);
    ERR_clear_error();
    return contents;
}

System time_of(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return System{};
    return moment_of(std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts))));
}

}  // namespace

std::expected<Contents, Outcome> contents_of(std::string_view bytes, const std::string& password) {
    if (bytes.contains(begin_mark)) return contents_of_pem(bytes, password);
    constexpr char sequence = 0x30;
    if (bytes.starts_with(sequence)) return contents_of_der(bytes, password);
    return Contents{};
}

std::expected<Key, Outcome> key_of(std::string_view bytes, const std::string& password) {
    const Memory memory = reader(bytes);
    ERR_clear_error();
    Key key(PEM_read_bio_PrivateKey(memory.get(), nullptr, give_password,
                                    const_cast<std::string*>(&password)));
    if (key) return key;
    bool no_password = false;
    while (const unsigned long error = ERR_get_error())
        no_password |=
            ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_BAD_PASSWORD_READ;
    const bool locked = bytes.contains("ENCRYPTED");
    if (no_password || (locked && password.empty()))
        return std::unexpected(failed("password required", ErrorClass::auth, "of the key"));
    if (locked) return std::unexpected(failed("wrong password", ErrorClass::auth, "of the key"));
    return std::unexpected(failed(
        bytes.contains("PRIVATE KEY-----") ? "key is damaged" : "file holds no private key"));
}

System not_before(const X509& certificate) {
    return time_of(X509_get0_notBefore(&certificate));
}

System not_after(const X509& certificate) {
    return time_of(X509_get0_notAfter(&certificate));
}

std::string subject_of(const X509& certificate) {
    const Memory out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), X509_get_subject_name(&certificate), 0,
                       XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string fingerprint_of(const X509& certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (X509_digest(&certificate, EVP_sha256(), digest.data(), &size) != 1) return {};
    std::string text;
    for (unsigned int i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
    return text;
}

}  // namespace vitals::checks::certificate
