// Shared by SMTP, IMAP and POP3: lines, a change to TLS in the middle, and a certificate.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "checks/days_left.hpp"
#include "model/check_error.hpp"
#include "model/description.hpp"
#include "net/awaitable.hpp"
#include "net/context.hpp"
#include "net/conversation.hpp"
#include "net/kept.hpp"
#include "net/tls.hpp"
#include "text/quote.hpp"
#include "text/url.hpp"
#include "vitals/outcome.hpp"
#include "wire/replies.hpp"

namespace vitals::checks {

// The client's side of one session; `take` removes one reply from the received bytes
// (wire::Replies).
template <auto take>
class MailSession {
  public:
    using Machine = wire::Replies<decltype(take)>;
    using Reply = typename Machine::Event;

    MailSession(net::Context& context, std::unique_ptr<net::Connection> connection)
        : context_(context), conversation_(std::move(connection), Machine(take)) {}

    // The next reply, in that phase.
    net::awaitable<Reply> read(std::string phase) {
        context_.enter(phase);
        Reply reply = co_await conversation_.next();
        co_return reply;
    }
    net::awaitable<Reply> next() {
        Reply reply = co_await conversation_.next();
        co_return reply;
    }
    // Sends a line and adds its end.
    net::awaitable<void> say(std::string line) {
        line += "\r\n";
        conversation_.machine().send(line);
        co_await conversation_.flush();
    }
    net::awaitable<Reply> command(std::string phase, std::string line) {
        context_.enter(phase);
        line += "\r\n";
        conversation_.machine().send(line);
        Reply reply = co_await conversation_.next();
        co_return reply;
    }

    // Bytes that came in the clear before the handshake must not be used after it.
    net::awaitable<void> start_tls(const net::TlsOptions& options, std::string host) {
        context_.enter("tls");
        if (const std::string& early = conversation_.machine().unread(); !early.empty()) {
            throw CheckError(ErrorClass::protocol, "spoke before the handshake",
                             "got " + text::quoted(early));
        }
        co_await conversation_.connection().start_tls(options, std::move(host));
    }

    const net::Connection& connection() const { return conversation_.connection(); }

  private:
    net::Context& context_;
    net::Conversation<Machine> conversation_;
};

// Of schemes without and with TLS from the start.
inline Verified verify_mail_url(const text::Url& url,
                                std::initializer_list<std::string_view> schemes) {
    if (auto problem = text::url_problem(url.text, schemes); !problem.empty())
        return std::unexpected(problem);
    if (url.path.size() > 1 || !url.query.empty())
        return std::unexpected(
            fmt::format("has a path; expected {}://user@host:port", *schemes.begin()));
    return {};
}

template <class Options>
constexpr Field certificate_days_field() {
    return field<&Options::certificate_days>(
        "certificate_days",
        "Degraded when the certificate that ends first has fewer days left; 0: not judged.",
        {.unit = "days", .least = 0, .most = 3650});
}

// The certificate's part of the verdict on a session that is otherwise good.
inline Outcome judge_certificate(std::int64_t degraded_below, const net::Connection& connection,
                                 System now, Outcome outcome) {
    const auto certificate = connection.certificate();
    outcome.with("tls", certificate.has_value());
    if (!certificate) return outcome;
    const std::int64_t days = days_until(certificate->not_after_earliest, now);
    outcome.with("certificate_days_left", days);
    if (degraded_below > 0 && days < degraded_below && outcome.status == Status::ok) {
        outcome.status = days < 0 ? Status::failed : Status::degraded;
        outcome.error_class = days < 0 ? ErrorClass::tls : ErrorClass::none;
        outcome.detail = days_left_in_words(days);
        if (days < 0) outcome.failed_phase = "tls";
    }
    return outcome;
}

// After a wrong password, mail servers are slow for all clients of this address. After two
// refusals, the check tries again only with another password, or after a while.
class RefusedLogIns {
  public:
    bool stands(const std::string& login, Steady now) const {
        return count_ >= most && login == login_ && now < again_;
    }
    const Outcome& outcome() const { return outcome_; }
    void note(std::string login, Outcome outcome, Steady now) {
        count_ = login == login_ ? count_ + 1 : 1;
        login_ = std::move(login);
        outcome_ = std::move(outcome);
        again_ = now + std::chrono::minutes(5);
    }

  private:
    static constexpr int most = 2;
    int count_ = 0;
    std::string login_;
    Outcome outcome_;
    Steady again_{};
};

// Runs `log_in`, a coroutine of (const Options&, net::Context&), unless the log-in was refused just
// now. `login` is what it logs in with; empty: the check does not log in.
template <auto log_in, class Options>
net::awaitable<Outcome> unless_refused(const Options& options, net::Context& context,
                                       std::string login) {
    std::shared_ptr<RefusedLogIns> refused;
    if (context.kept() != nullptr) refused = context.kept()->take<RefusedLogIns>();
    if (refused == nullptr) refused = std::make_shared<RefusedLogIns>();
    if (refused->stands(login, context.clock().steady())) {
        context.kept()->leave(refused);
        context.enter("auth");
        co_return refused->outcome();
    }
    std::optional<CheckError> problem;
    try {
        Outcome outcome = co_await log_in(options, context);
        co_return outcome;
    } catch (const CheckError& error) {
        problem = error;
    }
    if (problem->error_class == ErrorClass::auth && context.kept() != nullptr && !login.empty()) {
        Outcome outcome = failed(problem->detail, ErrorClass::auth, problem->error);
        outcome.failed_phase = "auth";
        refused->note(std::move(login), std::move(outcome), context.clock().steady());
        context.kept()->leave(refused);
    }
    throw *std::move(problem);
}

// From options with url, user and password.
template <class Options>
std::string user_of(const Options& options) {
    return options.user.empty() ? options.url.user : options.user;
}
template <class Options>
std::string password_of(const Options& options) {
    return options.password.configured() ? options.password.reveal() : options.url.password;
}

// For make_kind: the run of a kind whose log-in is `log_in`, as of unless_refused().
template <auto log_in, class Options>
net::awaitable<Outcome> run_unless_refused(const Options& options, net::Context& context) {
    const std::string user = user_of(options);
    std::string login = user.empty() ? "" : user + '\n' + password_of(options);
    Outcome outcome = co_await unless_refused<log_in>(options, context, std::move(login));
    co_return outcome;
}

}  // namespace vitals::checks
