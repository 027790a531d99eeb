#include "verdict.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "checks/days_left.hpp"
#include "contents.hpp"
#include "model/clock.hpp"
#include "model/severity.hpp"
#include "text/amount.hpp"

namespace vitals::checks::certificate {

namespace {

using std::chrono::milliseconds;

constexpr auto short_life = std::chrono::days(30);

// One thing that is wrong.
struct Problem {
    Status status = Status::ok;
    ErrorClass error_class = ErrorClass::none;
    std::string detail;
    std::string error;
};

Problem failure(ErrorClass error_class, std::string detail, std::string error = {}) {
    return {Status::failed, error_class, std::move(detail), std::move(error)};
}

Problem problem_of(const Outcome& outcome) {
    return {outcome.status, outcome.error_class, outcome.detail, outcome.error};
}

std::string system_text(int error) {
    return std::generic_category().message(error);
}

Outcome unreadable(const std::string& path, int error, const char* what) {
    const std::string text = path + ": " + system_text(error);
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return failed(std::string(what) + " does not exist", ErrorClass::assertion, text);
        case EACCES:
        case EPERM:
            return unknown(std::string("not permitted to read the ") + what, text);
        case EMFILE:
        case ENFILE:
            return unknown("no descriptors left", text);
        case ENOMEM:
            return unknown("no memory left", text);
        case EINVAL:
            return failed(std::string(what) + " is no regular file", ErrorClass::assertion, text);
        default:
            return failed(std::string(what) + " cannot be read", ErrorClass::assertion, text);
    }
}

// A certificate that is renewed every few days would always be below a bound of weeks. For it, a
// third of its validity is the first bound, and the other one is smaller in proportion.
struct Bounds {
    milliseconds degraded;
    milliseconds failed;
};

Bounds bounds_for(const Options& options, milliseconds life) {
    const Bounds wanted{options.degraded_below, options.failed_below};
    const milliseconds third = life / 3;
    if (life >= short_life || third >= wanted.degraded) return wanted;
    const double share =
        static_cast<double>(third.count()) / static_cast<double>(wanted.degraded.count());
    return {third, milliseconds(static_cast<std::int64_t>(
                       share * static_cast<double>(wanted.failed.count())))};
}

std::string left_in_words(milliseconds left, System end, System now) {
    constexpr auto hours = std::chrono::hours(48);
    if (left >= milliseconds(0) && left < hours)
        return "certificate ends in " + text::about_duration(left);
    return days_left_in_words(days_until(end, now));
}

std::optional<Problem> of_time(const Options& options, const X509& certificate, System now) {
    const System begin = not_before(certificate);
    const System end = not_after(certificate);
    const std::string about =
        fmt::format("{}, valid {} to {}", subject_of(certificate), rfc3339(begin), rfc3339(end));
    if (begin > now) return failure(ErrorClass::tls, "certificate not yet valid", about);
    if (end <= now) return failure(ErrorClass::tls, "certificate expired", about);
    const auto left = std::chrono::duration_cast<milliseconds>(end - now);
    const Bounds bounds =
        bounds_for(options, std::chrono::duration_cast<milliseconds>(end - begin));
    const std::string words = left_in_words(left, end, now);
    if (left < bounds.failed) return failure(ErrorClass::assertion, words, about);
    if (left < bounds.degraded) return Problem{Status::degraded, ErrorClass::none, words, about};
    return std::nullopt;
}

bool is_authority(const X509& certificate) {
    return X509_check_ca(const_cast<X509*>(&certificate)) != 0;
}

bool issued(const X509& issuer, const X509& subject) {
    return X509_check_issued(const_cast<X509*>(&issuer), const_cast<X509*>(&subject)) == X509_V_OK;
}

// Each certificate must be issued by the next. A file of authorities is a list, not a chain.
std::optional<Problem> of_order(const std::vector<Certificate>& chain) {
    if (chain.size() < 2 ||
        std::ranges::all_of(chain, [](const auto& each) { return is_authority(*each); }))
        return std::nullopt;
    if (is_authority(*chain.front()))
        return failure(ErrorClass::tls, "the server's own certificate does not come first",
                       "first comes " + subject_of(*chain.front()));
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (issued(*chain[i], *chain[i - 1])) continue;
        return Problem{Status::degraded, ErrorClass::none, "chain is broken or out of order",
                       subject_of(*chain[i]) + " did not issue " + subject_of(*chain[i - 1])};
    }
    return std::nullopt;
}

bool is_for(const X509& certificate, const std::string& name) {
    auto* const asked = const_cast<X509*>(&certificate);
    return X509_check_host(asked, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           nullptr) == 1 ||
           X509_check_ip_asc(asked, name.c_str(), 0) == 1;
}

std::optional<Problem> of_names(const Options& options, const X509& certificate) {
    std::string missing;
    for (const std::string& name : options.names)
        if (!is_for(certificate, name)) missing += (missing.empty() ? "" : ", ") + name;
    if (missing.empty()) return std::nullopt;
    return failure(ErrorClass::tls, "certificate is for another name",
                   subject_of(certificate) + " is not for " + missing);
}

using Store = std::unique_ptr<X509_STORE, FreedBy<X509_STORE_free>>;

// The authorities that `complete` trusts, or why they are not available.
std::expected<Store, Problem> authorities(const std::string& ca) {
    Store store(X509_STORE_new());
    ERR_clear_error();
    struct stat status{};
    const bool directory =
        !ca.empty() && ::stat(ca.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    const int loaded = ca.empty()  ? X509_STORE_set_default_paths(store.get())
                       : directory ? X509_STORE_load_path(store.get(), ca.c_str())
                                   : X509_STORE_load_file(store.get(), ca.c_str());
    ERR_clear_error();
    if (loaded != 1)
        return std::unexpected(
            Problem{Status::unknown, ErrorClass::local, "authorities file cannot be used", ca});
    return store;
}

std::optional<Problem> of_path(const std::vector<Certificate>& chain, X509_STORE* trusted,
                               System now) {
    const std::unique_ptr<X509_STORE_CTX, FreedBy<X509_STORE_CTX_free>> context(
        X509_STORE_CTX_new());
    std::unique_ptr<STACK_OF(X509), decltype([](STACK_OF(X509) * stack) { sk_X509_free(stack); })>
        others(sk_X509_new_null());
    for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others.get(), chain[i].get());
    X509_STORE_CTX_init(context.get(), trusted, chain.front().get(), others.get());
    X509_STORE_CTX_set_time(context.get(), 0, std::chrono::system_clock::to_time_t(now));
    if (X509_verify_cert(context.get()) == 1) return std::nullopt;
    const int error = X509_STORE_CTX_get_error(context.get());
    ERR_clear_error();
    // The text about its time is separate.
    if (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)
        return std::nullopt;
    const bool missing = error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
                         error == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
                         error == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE;
    return failure(ErrorClass::tls,
                   missing ? "chain is incomplete, or its authority is not trusted"
                           : "certificate not trusted",
                   X509_verify_cert_error_string(error));
}

std::optional<Problem> of_key(const Options& options, const std::string& password,
                              const Contents& contents, const File* file) {
    const X509* own = contents.certificates.front().get();
    if (contents.key != nullptr && X509_check_private_key(own, contents.key.get()) != 1) {
        ERR_clear_error();
        return failure(ErrorClass::assertion, "key does not belong to the certificate");
    }
    if (file == nullptr) return std::nullopt;
    if (file->error != 0) return problem_of(unreadable(options.key, file->error, "key"));
    const auto key = key_of(file->bytes, password);
    if (!key) return problem_of(key.error());
    const bool fits = X509_check_private_key(own, key->get()) == 1;
    ERR_clear_error();
    if (fits) return std::nullopt;
    return failure(ErrorClass::assertion, "key does not belong to the certificate", options.key);
}

// The findings of all files together.
class Findings {
  public:
    void add(const std::string& path, Problem problem) {
        problem.error = problem.error.empty() ? path : path + ": " + problem.error;
        ++wrong_;
        if (std::ranges::find(details_, problem.detail) == details_.end())
            details_.push_back(problem.detail);
        if (severity(problem.status) > severity(worst_.status)) worst_ = std::move(problem);
    }

    Outcome outcome(std::string otherwise) const {
        if (wrong_ == 0) return ok(std::move(otherwise));
        Outcome made;
        made.status = worst_.status;
        made.detail = worst_.detail;
        for (const std::string& detail : details_)
            if (detail != worst_.detail && details_.size() <= most_details)
                made.detail += ", " + detail;
        if (details_.size() > most_details)
            made.detail += fmt::format(", and {} more problems", wrong_ - 1);
        made.error_class =
            worst_.status == Status::unknown ? ErrorClass::local : worst_.error_class;
        made.error = worst_.error;
        return made;
    }

  private:
    static constexpr std::size_t most_details = 4;
    Problem worst_;
    std::vector<std::string> details_;
    std::size_t wrong_ = 0;
};

class Judgement {
  public:
    Judgement(const Options& options, const std::string& password, const File* key, System now)
        : options_(options), password_(password), key_(key), now_(now) {}

    void take(const File& file) {
        if (file.error != 0 && may_be_left_out(file)) return;
        if (file.error != 0)
            return findings_.add(file.path, problem_of(unreadable(file.path, file.error, "file")));
        if (file.too_large) {
            if (file.named)
                findings_.add(file.path, {Status::unknown, ErrorClass::local, "file is too large",
                                          "more than 1 MiB"});
            return;
        }
        const auto contents = contents_of(file.bytes, password_);
        if (!contents) return findings_.add(file.path, problem_of(contents.error()));
        if (contents->certificates.empty()) {
            if (file.named)
                findings_.add(file.path,
                              failure(ErrorClass::assertion, "file holds no certificate"));
            return;
        }
        judge(file.path, *contents);
    }

    Judged result() {
        if (certificates_ == 0 && findings_.outcome({}).status == Status::ok)
            return {failed("no certificate found", ErrorClass::assertion, options_.path), {}};
        std::string fine = days_left_in_words(days_until(earliest_, now_));
        if (files_ > 1)
            fine = fmt::format("{} in {} files, the first {}",
                               text::counted(certificates_, "certificate"), files_,
                               fine.substr(fine.find(' ') + 1));
        Outcome outcome = findings_.outcome(std::move(fine));
        if (certificates_ > 0)
            outcome.with("days_left", days_until(earliest_, now_))
                .with("certificates", static_cast<std::int64_t>(certificates_))
                .with("files", static_cast<std::int64_t>(files_));
        return {std::move(outcome), std::move(fingerprint_)};
    }

  private:
    // vitals need not be able to read a key beside the certificates.
    static bool may_be_left_out(const File& file) {
        const std::string_view name = std::string_view(file.path).substr(file.path.rfind('/') + 1);
        return !file.named && (file.error == EACCES || file.error == EPERM) &&
               (name.contains("key") || name == "private");
    }

    void note(const std::string& path, std::optional<Problem> problem) {
        if (problem) findings_.add(path, *std::move(problem));
    }

    void judge(const std::string& path, const Contents& contents) {
        ++files_;
        for (const Certificate& each : contents.certificates) {
            const System end = not_after(*each);
            if (certificates_++ == 0 || end < earliest_) earliest_ = end;
            note(path, of_time(options_, *each, now_));
        }
        note(path, of_order(contents.certificates));
        note(path, of_names(options_, *contents.certificates.front()));
        note(path, of_key(options_, password_, contents, key_));
        if (options_.complete) {
            if (!trusted_) trusted_ = authorities(options_.ca);
            if (*trusted_)
                note(path, of_path(contents.certificates, trusted_->value().get(), now_));
            else
                findings_.add(path, trusted_->error());
        }
        fingerprint_ = fingerprint_of(*contents.certificates.front());
    }

    const Options& options_;
    const std::string& password_;
    const File* key_;
    System now_;
    Findings findings_;
    std::optional<std::expected<Store, Problem>> trusted_;
    System earliest_{};
    std::size_t certificates_ = 0;
    std::size_t files_ = 0;
    std::string fingerprint_;
};

}  // namespace

Judged judge(const Options& options, const std::string& password, const Files& files,
             const File* key, System now) {
    if (files.error != 0) return {unreadable(options.path, files.error, "file"), {}};
    const bool of_one = key != nullptr || !options.serves.empty();
    if (of_one && files.files.size() > 1)
        return {failed("key and serves go with one file, and the path means several",
                       ErrorClass::assertion, options.path),
                {}};
    if (files.too_many)
        return {
            unknown("too many files", fmt::format("{}: more than {}", options.path, most_files)),
            {}};
    Judgement judgement(options, password, key, now);
    for (const File& file : files.files) judgement.take(file);
    return judgement.result();
}

}  // namespace vitals::checks::certificate
