#include "session.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "diagnosis.hpp"
#include "net/connection.hpp"
#include "net/environment.hpp"
#include "net/readiness.hpp"
#include "wire/scram.hpp"

namespace vitals::backends::postgres {

namespace {

constexpr std::size_t most_rows = 1000;
constexpr std::size_t longest_answer = 1 << 20;     // bytes
constexpr std::uint64_t most_hashes_per_ms = 5000;  // several times what a fast core does
// An impossible path: libpq treats the file as missing and asks for no home directory.
constexpr const char* no_file = "/dev/null/none";

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> ignored;
    const std::string plain = host.substr(0, host.find('%'));
    return inet_pton(AF_INET, host.c_str(), ignored.data()) == 1 ||
           inet_pton(AF_INET6, plain.c_str(), ignored.data()) == 1;
}

bool encrypts(const Access& access) {
    return !access.place.unix_socket && access.sslmode != "disable";
}

std::string system_authorities() {
    const char* named = std::getenv("SSL_CERT_FILE");
    return named != nullptr ? named : "/etc/ssl/certs/ca-certificates.crt";
}

// Sets everything that libpq would otherwise take from files or the environment.
class Parameters {
  public:
    // `way`: where the connection goes.
    Parameters(const Access& access, const net::Endpoint& way) : port_(std::to_string(way.port)) {
        add("host", access.tls.server_name.empty() ? access.place.host : access.tls.server_name);
        if (way.unix_path.empty()) add("hostaddr", way.host);
        add("port", port_);
        add("dbname", access.database);
        add("user", access.user);
        add("password", access.password);  // an empty one counts as none
        add("passfile", no_file);
        add("sslmode", access.place.unix_socket ? "disable" : access.sslmode);
        const bool verifies = access.sslmode.starts_with("verify-");
        const std::string authorities =
            access.tls.ca.empty() ? system_authorities() : access.tls.ca;
        add("sslrootcert", verifies ? authorities : no_file);
        const bool identified = !access.tls.certificate.empty();
        add("sslcert", identified ? access.tls.certificate : no_file);
        const std::string& key = access.tls.key.empty() ? access.tls.certificate : access.tls.key;
        add("sslkey", identified ? key : no_file);
        add("sslcrl", no_file);
        add("ssl_min_protocol_version", "TLSv1.2");
        add("gssencmode", "disable");
        add("channel_binding", access.channel_binding);
        add("target_session_attrs", access.role);
        add("client_encoding", "UTF8");
        add("application_name", access.application_name);
        // No options of vitals, because poolers refuse them: the time limit is set in the
        // transaction instead.
        if (!access.options.empty()) add("options", access.options);
    }

    PGconn* start() const {
        std::vector<const char*> names;
        std::vector<const char*> values;
        for (const auto& [name, value] : list_) {
            names.push_back(name);
            values.push_back(value.c_str());
        }
        names.push_back(nullptr);
        values.push_back(nullptr);
        return PQconnectStartParams(names.data(), values.data(), 0);
    }

  private:
    void add(const char* name, std::string value) { list_.emplace_back(name, std::move(value)); }

    std::string port_;
    std::vector<std::pair<const char*, std::string>> list_;
};

// Received bytes that libpq has not read yet; they stay there. An alert does not: it is thrown.
std::string waiting_at(pg_conn* connection, const Access& access) {
    std::string text(4096, '\0');
    const int room = static_cast<int>(text.size());
    int count = 0;
    if (auto* tls = static_cast<SSL*>(PQsslStruct(connection, "OpenSSL"))) {
        ERR_clear_error();
        count = SSL_peek(tls, text.data(), room);
        const bool broken = count <= 0 && SSL_get_error(tls, count) == SSL_ERROR_SSL;
        const char* reason = broken ? ERR_reason_error_string(ERR_peek_error()) : nullptr;
        ERR_clear_error();
        if (broken) {
            const std::string message =
                fmt::format("SSL error: {}", reason != nullptr ? reason : "unknown");
            throw connect_meaning("auth", message, access.sslmode);
        }
    } else {
        count = static_cast<int>(
            ::recv(PQsocket(connection), text.data(), text.size(), MSG_PEEK | MSG_DONTWAIT));
    }
    text.resize(static_cast<std::size_t>(std::max(count, 0)));
    return text;
}

void ignore_notice(void*, const PGresult*) {}

// A second descriptor of a socket that another owner may close at any time: ends the stream when it
// is destroyed, unless it was released before.
class Hold {
  public:
    explicit Hold(int descriptor) : copy_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
        if (copy_ < 0) throw CheckError(ErrorClass::local, "no descriptors left");
    }
    ~Hold() {
        if (ends_) ::shutdown(copy_, SHUT_RDWR);
        ::close(copy_);
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    void let_go() { ends_ = false; }

  private:
    int copy_;
    bool ends_ = true;
};

}  // namespace

std::optional<std::string> Answer::value() const {
    if (rows.empty() || rows.front().empty()) return std::nullopt;
    return rows.front().front();
}

std::string quoted_name(std::string_view name) {
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '.') {
            quoted += "\".\"";
        } else {
            quoted += c;
            if (c == '"') quoted += c;
        }
    }
    return quoted + '"';
}

// libpq wants the directory of a socket and the port in its name.
static net::Endpoint way_to(net::Context& context, const Place& place, const std::string& address) {
    net::Endpoint endpoint{address, place.port, {}};
    if (place.unix_socket) endpoint.unix_path = fmt::format("{}/.s.PGSQL.{}", address, place.port);
    net::Endpoint way = context.environment().way_to(endpoint, false);
    if (!way.unix_path.empty()) way.host = address, way.port = place.port;
    return way;
}

// Null when no server answers at this address; the reason of the first one is kept.
net::awaitable<std::unique_ptr<Session>> Session::open_at(net::Context& context, Access access,
                                                          std::string address, Steady give_up,
                                                          std::optional<CheckError>& unanswered) {
    const Parameters parameters(access, way_to(context, access.place, address));
    std::unique_ptr<Session> session(new Session(context, parameters.start()));
    if (access.give_up_after)
        session->answer_by_ = context.clock().steady() + *access.give_up_after;
    if (session->answer_by_) give_up = std::min(give_up, *session->answer_by_);
    std::optional<CheckError> error;
    try {
        const bool open = co_await session->connect(access, give_up);
        session->answer_by_.reset();
        if (open) co_return session;
        error.emplace(ErrorClass::connect, "connection timed out", address);
    } catch (const CheckError& caught) {
        error = caught;
    }
    session.reset();
    if (error->error_class == ErrorClass::tls)
        co_await diagnose_certificate(context, access, address);
    if (error->error_class != ErrorClass::connect) throw CheckError(*error);
    if (!unanswered) unanswered = std::move(error);
    co_return nullptr;
}

net::awaitable<std::unique_ptr<Session>> Session::open_place(net::Context& context, Access access,
                                                             std::size_t places_left) {
    std::vector<std::string> addresses(1, access.place.host);
    if (!access.place.unix_socket && !is_address(access.place.host)) {
        context.enter("resolve");
        addresses = co_await context.environment().resolve(context, access.place.host);
    }
    context.enter("connect");
    std::optional<CheckError> unanswered;
    for (std::size_t index = 0; index < addresses.size(); ++index) {
        // Each address gets its share of the time that is left, the last one all of it.
        Steady give_up = Steady::max();
        if (const std::size_t left = addresses.size() - index + places_left; left > 1) {
            give_up = context.clock().steady() + context.left() / static_cast<std::int64_t>(left);
        }
        auto session = co_await open_at(context, access, addresses[index], give_up, unanswered);
        if (session) co_return session;
    }
    if (unanswered) throw CheckError(*unanswered);
    throw CheckError(ErrorClass::resolve, "name has no address", access.place.host);
}

Session::Session(net::Context& context, pg_conn* connection)
    : context_(&context),
      portions_(std::make_shared<Portions>()),
      shared_(connection,
              [portions = portions_](pg_conn* ended) {
                  portions->step_aside(ended);
                  PQfinish(ended);
              }),
      connection_(connection) {}

std::string Session::phase_now(const Access& access) const {
    switch (PQstatus(connection_)) {
        case CONNECTION_STARTED:
        case CONNECTION_NEEDED:
            return "connect";
        case CONNECTION_MADE:
            return encrypts(access) ? "tls" : "auth";
        case CONNECTION_SSL_STARTUP:
            return "tls";
        default:
            return "auth";
    }
}

// False when the time was over before an answer.
net::awaitable<bool> Session::connect(const Access& access, Steady give_up) {
    if (connection_ == nullptr) throw CheckError(ErrorClass::local, "no memory left");
    if (PQstatus(connection_) == CONNECTION_BAD) throw connect_error(access);
    PQsetErrorVerbosity(connection_, PQERRORS_VERBOSE);
    PQsetNoticeReceiver(connection_, ignore_notice, nullptr);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK) {
        const ConnStatusType status = PQstatus(connection_);
        const bool connecting = status == CONNECTION_STARTED || status == CONNECTION_NEEDED;
        if (!connecting) portions_->stand_before(connection_);
        const int descriptor = PQsocket(connection_);
        if (connecting && next == PGRES_POLLING_READING) {
            co_await net::wait_readable(*context_, descriptor);
        } else if (connecting && give_up != Steady::max()) {
            const bool in_time = co_await net::wait_writable(*context_, descriptor, give_up);
            if (!in_time) co_return false;
        } else if (connecting) {
            co_await net::wait_writable(*context_, descriptor);
        } else {
            co_await send_written();
            if (next == PGRES_POLLING_READING) co_await await_input();
        }
        if (portions_->received() > longest_answer)
            throw CheckError(ErrorClass::protocol, "not a PostgreSQL answer",
                             "more than 1 MiB before the log-in was complete");
        const int polled = co_await poll(access);
        next = static_cast<PostgresPollingStatusType>(polled);
        if (next == PGRES_POLLING_FAILED) throw connect_error(access);
        const std::string phase = phase_now(access);
        if (phase != context_->phase()) context_->enter(phase);
    }
    co_await send_written();
    PQsetnonblocking(connection_, 1);
    co_return true;
}

// The server decides how often SCRAM hashes the password, up to 2^31 times, which takes half an
// hour. So this never runs on the loop's thread, and not at all when there is not enough time. The
// socket is readable by now, so a silent server holds no lane. When the run ends first, the server
// sees its connection close; libpq's part of it is freed when the computation has ended.
net::awaitable<int> Session::poll(const Access& access) {
    if (PQstatus(connection_) != CONNECTION_AWAITING_RESPONSE) co_return PQconnectPoll(connection_);
    const auto asked = wire::scram::iterations_asked(waiting_at(connection_, access));
    if (asked && *asked / most_hashes_per_ms > static_cast<std::uint64_t>(context_->left().count()))
        throw CheckError(ErrorClass::auth, "log-in needs more hashing than there is time for",
                         fmt::format("the password is to be hashed {} times", *asked));
    std::function<int()> code = [shared = shared_] {
        return static_cast<int>(PQconnectPoll(shared.get()));
    };
    Hold socket(portions_->socket());
    const int next = co_await context_->blocking(std::move(code));
    socket.let_go();
    co_return next;
}

CheckError Session::connect_error(const Access& access) const {
    const std::string_view message = PQerrorMessage(connection_);
    const std::string sqlstate = sqlstate_in(message);
    if (!sqlstate.empty()) return meaning_of(sqlstate, message);
    return connect_meaning(context_->phase(), message, access.sslmode);
}

CheckError Session::lost() const {
    const std::string_view message = PQerrorMessage(connection_);
    const std::string sqlstate = sqlstate_in(message);
    if (!sqlstate.empty()) return meaning_of(sqlstate, message);
    return stream_meaning(message);
}

void Session::take(PGresult* result, Answer& answer) const {
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
        const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        if (code == nullptr) throw lost();
        answer.sqlstate = code;
        const char* sentence = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
        answer.message = sentence != nullptr ? sentence : PQresultErrorMessage(result);
        return;
    }
    if (status != PGRES_SINGLE_TUPLE && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        throw CheckError(ErrorClass::protocol, "a statement that a check cannot run",
                         PQresStatus(status));
    }
    answer.tag = PQcmdStatus(result);
    for (int row = 0; row < PQntuples(result); ++row) {
        if (answer.rows.size() >= most_rows)
            throw CheckError(ErrorClass::assertion, "answer has more than 1000 rows");
        Row& made = answer.rows.emplace_back();
        for (int column = 0; column < PQnfields(result); ++column) {
            if (PQgetisnull(result, row, column) == 1) {
                made.emplace_back(std::nullopt);
            } else {
                const auto length = static_cast<std::size_t>(PQgetlength(result, row, column));
                if (length > longest_answer)
                    throw CheckError(ErrorClass::assertion, "an answer that is too long");
                made.emplace_back(std::string(PQgetvalue(result, row, column), length));
            }
        }
    }
}

// Waits until libpq has something to read.
net::awaitable<void> Session::await_input() {
    if (portions_->something_left(connection_)) co_return;
    const int socket = portions_->socket();
    if (answer_by_) {
        const bool in_time = co_await net::wait_readable(*context_, socket, *answer_by_);
        if (!in_time) throw CheckError(ErrorClass::timeout, "no answer");
    } else {
        co_await net::wait_readable(*context_, socket);
    }
    portions_->hand_in();
}

net::awaitable<void> Session::send_written() {
    while (!portions_->hand_out()) {
        const int socket = portions_->socket();
        co_await net::wait_writable(*context_, socket);
    }
}

net::awaitable<void> Session::await_result(std::uint64_t began) {
    while (PQisBusy(connection_) == 1) {
        co_await await_input();
        // libpq keeps everything until a row is complete.
        if (portions_->received() - began > longest_answer)
            throw CheckError(ErrorClass::assertion, "an answer that is too long");
        if (PQconsumeInput(connection_) == 0) throw lost();
        co_await send_written();
    }
}

net::awaitable<Answer> Session::ask(std::string sql, std::vector<std::string> parameters) {
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    if (PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr,
                          values.data(), nullptr, nullptr, 0) == 0) {
        throw lost();
    }
    PQsetSingleRowMode(connection_);
    for (;;) {
        const int unsent = PQflush(connection_);
        if (unsent < 0) throw lost();
        co_await send_written();
        if (unsent == 0) break;
    }
    Answer answer;
    const std::uint64_t began = portions_->received();
    for (;;) {
        co_await await_result(began);
        const Result result(PQgetResult(connection_), PQclear);
        if (!result) break;
        take(result.get(), answer);
    }
    answer_by_.reset();
    co_return answer;
}

net::awaitable<Answer> Session::demand(std::string sql, std::vector<std::string> parameters) {
    Answer answer = co_await ask(std::move(sql), std::move(parameters));
    if (!answer.succeeded()) throw meaning_of(answer.sqlstate, answer.message);
    co_return answer;
}

net::awaitable<void> Session::begin() {
    co_await demand("BEGIN");
    const std::string limit = fmt::format("SET LOCAL statement_timeout = {}",
                                          std::max<std::int64_t>(1, context_->left().count()));
    co_await demand(limit);
}

net::awaitable<void> Session::discard() {
    co_await demand("DISCARD ALL");
}

bool Session::quiet() const {
    char byte = 0;
    const bool idle = PQstatus(connection_) == CONNECTION_OK &&
                      PQtransactionStatus(connection_) == PQTRANS_IDLE &&
                      !portions_->something_left(connection_);
    return idle && ::recv(portions_->socket(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Session::resume(net::Context& context, Steady answer_by) {
    context_ = &context;
    answer_by_ = answer_by;
}

int Session::version() const {
    return PQserverVersion(connection_);
}

bool Session::encrypted() const {
    return PQsslInUse(connection_) == 1;
}

}  // namespace vitals::backends::postgres
