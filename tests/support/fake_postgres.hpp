// For tests: a PostgreSQL that lets everybody in and answers statements as told, or misbehaves; and
// runs of kinds on it.
// https://www.postgresql.org/docs/15/protocol-message-formats.html
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "check_testing.hpp"
#include "expect_failed.hpp"

namespace vitals::testing::postgres {

inline std::string number(std::uint32_t value, int bytes = 4) {
    std::string made;
    for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
        made += static_cast<char>(value >> shift & 0xff);
    return made;
}

inline std::string message(char type, const std::string& body) {
    return type + number(static_cast<std::uint32_t>(body.size() + 4)) + body;
}

inline std::string error(const std::string& sqlstate, const std::string& text) {
    const std::string end(1, '\0');
    return message('E',
                   "SFATAL" + end + "VFATAL" + end + "C" + sqlstate + end + "M" + text + end + end);
}

// A result of one row, or of none that has no columns.
inline std::string result(const std::vector<std::string>& values, const std::string& tag) {
    const std::string end(1, '\0');
    std::string answer = message('1', "") + message('2', "");
    if (values.empty()) {
        answer += message('n', "");
    } else {
        std::string columns = number(static_cast<std::uint32_t>(values.size()), 2);
        std::string row = columns;
        for (const std::string& value : values) {
            columns += "c" + end + number(0) + number(0, 2) + number(25) + number(0xffff, 2) +
                       number(0xffffffff) + number(0, 2);
            row += number(static_cast<std::uint32_t>(value.size())) + value;
        }
        answer += message('T', columns) + message('D', row);
    }
    return answer + message('C', tag + end);
}

inline const std::string silence = "(silence)";
inline const std::string reset = "(reset)";

class FakePostgres {
  public:
    std::string greeting =
        message('R', number(0)) + message('Z', "I");  // the answer to the start-up message
    std::map<std::string, std::string> answers;       // by the beginning of the statement
    std::string stale;       // the first connection's answer from its second run on
    std::string last_words;  // follows the last answer of its first run, before the close
    int scram_rounds = 0;    // not 0: asks for a proof with that number of rounds

    Peer::Handler handler() {
        connections_ = 0;
        return [this](int descriptor) { serve(descriptor); };
    }
    // Whether the client left without the proof that it was asked for.
    bool left_without_proof() const { return left_without_proof_; }
    std::string statements() {
        const std::lock_guard lock(mutex_);
        return statements_;
    }

  private:
    static std::string read_exactly(int descriptor, std::size_t size);
    void serve(int descriptor);
    void ask_for_proof(int descriptor);
    bool say(int descriptor, const std::string& answer);
    std::string answer_to(const std::string& statement, bool& in_transaction);

    std::mutex mutex_;
    std::atomic<int> connections_ = 0;
    std::atomic<bool> left_without_proof_ = false;
    std::string statements_;
};

inline std::string FakePostgres::read_exactly(int descriptor, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        std::string piece(size - text.size(), '\0');
        const auto count = ::recv(descriptor, piece.data(), piece.size(), 0);
        if (count <= 0) return {};
        text.append(piece, 0, static_cast<std::size_t>(count));
    }
    return text;
}

inline bool FakePostgres::say(int descriptor, const std::string& answer) {
    if (answer == silence) {
        while (!read_exactly(descriptor, 1).empty()) {
        }
        return false;
    }
    if (answer == reset) {
        send_all(descriptor, "T");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        reset_on_close(descriptor);
        return false;
    }
    return send_all(descriptor, answer);
}

inline void FakePostgres::serve(int descriptor) {
    const auto length_of = [](const std::string& four) {
        std::size_t length = 0;
        for (const char c : four) length = length << 8 | static_cast<unsigned char>(c);
        return length;
    };
    for (;;) {  // requests for encryption, then the start-up message
        const std::string head = read_exactly(descriptor, 4);
        if (head.empty()) return;
        const std::string body = read_exactly(descriptor, length_of(head) - 4);
        if (body.size() > 4) break;
        if (!say(descriptor, "N")) return;
    }
    if (scram_rounds > 0) return ask_for_proof(descriptor);
    if (!say(descriptor, greeting)) return;
    const bool first = ++connections_ == 1;
    bool in_transaction = false;
    bool ran = false;  // this connection had a run
    std::string statement;
    for (;;) {
        const std::string type = read_exactly(descriptor, 1);
        const std::string head = read_exactly(descriptor, 4);
        if (type.empty() || head.empty() || type == "X") return;
        const std::string body = read_exactly(descriptor, length_of(head) - 4);
        if (type == "P") statement = body.substr(1, body.find('\0', 1) - 1);
        if (type != "S") continue;
        std::string answer = answer_to(statement, in_transaction);
        if (first && ran && !stale.empty()) answer = stale;
        ran = ran || !in_transaction;
        const bool ends = ran && first && !last_words.empty();
        if (ends) answer += last_words;
        if (!say(descriptor, answer) || ends) return;
    }
}

// RFC 5802: the server's nonce begins with the client's.
inline void FakePostgres::ask_for_proof(int descriptor) {
    const std::string end(1, '\0');
    say(descriptor, message('R', number(10) + "SCRAM-SHA-256" + end + end));
    const std::string head = read_exactly(descriptor, 5);
    if (head.empty()) return;
    std::size_t length = 0;
    for (const char c : head.substr(1)) length = length << 8 | static_cast<unsigned char>(c);
    const std::string first = read_exactly(descriptor, length - 4);
    const std::string nonce = first.substr(first.find(",r=") + 3);
    say(descriptor, message('R', number(11) + "r=" + nonce +
                                     "more,s=c2FsdA==,i=" + std::to_string(scram_rounds)));
    left_without_proof_ = read_exactly(descriptor, 1).empty();
}

inline std::string FakePostgres::answer_to(const std::string& statement, bool& in_transaction) {
    const std::lock_guard lock(mutex_);
    const std::string first = statement.substr(0, statement.find(' '));
    statements_ += first + ' ';
    if (first == "BEGIN") in_transaction = true;
    if (first == "COMMIT" || first == "ROLLBACK") in_transaction = false;
    const std::string ready = message('Z', in_transaction ? "T" : "I");
    for (const auto& [begins, answer] : answers) {
        if (!statement.starts_with(begins)) continue;
        return answer == silence || answer == reset ? answer : answer + ready;
    }
    if (statement == "SELECT 1") return result({"1"}, "SELECT 1") + ready;
    return result({}, first) + ready;
}

class PostgresTest : public ::testing::Test {
  protected:
    std::string url_of(const Peer& peer) const {
        return "postgresql://probe:s3cret@" + peer.address() + "/shop" + parameters_;
    }
    // The outcome of one run of the kind on the server.
    template <class Options>
    Outcome run(const checks::Kind& kind, Options options,
                std::chrono::milliseconds timeout = std::chrono::seconds(2)) {
        const Peer peer(server_.handler());
        return run_on(peer, kind, std::move(options), timeout);
    }
    template <class Options>
    Outcome run_on(const Peer& peer, const checks::Kind& kind, Options options,
                   std::chrono::milliseconds timeout = std::chrono::seconds(2)) {
        options.url = url_of(peer);
        Outcome outcome = run_in_time(kind, options, timeout);
        EXPECT_EQ(outcome.error.find("s3cret"), std::string::npos) << outcome.error;
        return outcome;
    }
    // Two runs of one component that keeps its connection. The server may treat the kept one badly.
    // Both runs are ok. Returns how many connections they made.
    template <class Options>
    int connections_of_two_runs(const checks::Kind& kind, Options options) {
        const Peer peer(server_.handler());
        options.url = url_of(peer);
        options.auth_every = std::chrono::hours(1);
        return connections_of_runs(2, kind, std::move(options), peer);
    }
    FakePostgres server_;
    std::string parameters_;  // of the URL: `?sslmode=require`
};

}  // namespace vitals::testing::postgres
