// For tests: a MySQL server that lets everybody in and answers statements as told, or misbehaves.
// https://mariadb.com/kb/en/clientserver-protocol/
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "check_testing.hpp"
#include "wire/mysql.hpp"

namespace vitals::testing::mysql {

using wire::mysql::packet;

inline const std::string salt = "abcdefghijklmnopqrst";
inline const std::string ok_payload("\0\0\0\x02\0\0\0", 7);
inline const std::string silence = "(silence)";
inline const std::string reset = "(reset)";
inline const std::string ends = "(ends)";

inline std::string greeting(const std::string& version = "5.5.5-10.11.19-MariaDB",
                            const std::string& plugin = "mysql_native_password", bool tls = false) {
    const std::string nul(1, '\0');
    return '\x0a' + version + nul + std::string("\x01\0\0\0", 4) + salt.substr(0, 8) + nul +
           std::string("\xff", 1) + (tls ? '\xff' : '\xf7') +
           std::string("\x2d\x02\0\xff\x81\x15", 6) + std::string(10, '\0') + salt.substr(8) + nul +
           plugin + nul;
}

inline std::string error(int code, const std::string& state, const std::string& text) {
    return '\xff' + std::string{static_cast<char>(code & 0xff), static_cast<char>(code >> 8)} +
           '#' + state + text;
}

// The packets of an answer.
using Packets = std::vector<std::string>;
using Cells = std::vector<std::string>;
inline const std::string null_cell = "(null)";

inline std::string cell(const std::string& text) {
    if (text == null_cell) return "\xfb";
    return static_cast<char>(text.size()) + text;
}

inline Packets table(const Cells& columns, const std::vector<Cells>& rows) {
    const std::string end("\xfe\0\0\x02\0", 5);
    Packets made{std::string(1, static_cast<char>(columns.size()))};
    for (const std::string& name : columns)
        made.push_back(cell("def") + cell("") + cell("") + cell("") + cell(name) + cell(name));
    made.push_back(end);
    for (const Cells& row : rows) {
        std::string& payload = made.emplace_back();
        for (const std::string& each : row) payload += cell(each);
    }
    made.push_back(end);
    return made;
}
inline Packets listing(const std::vector<Cells>& rows) {
    return table({"Variable_name", "Value"}, rows);
}

class FakeMysql {
  public:
    Packets greeting{mysql::greeting()};  // one packet, or how it misbehaves
    Packets log_in{ok_payload};           // the answers to the authentication, one packet per turn
    std::map<std::string, Packets> answers{
        // by the beginning of the statement
        {"SELECT 1", table({"1"}, {{"1"}})},
        {"SHOW GLOBAL VARIABLES", listing({{"read_only", "OFF"}, {"max_connections", "100"}})}};
    bool cut_after_first_run = false;  // the first connection ends after it was idle

    Peer::Handler handler() {
        return [this](int descriptor) { serve(descriptor); };
    }
    // The beginnings of the statements, and `quit` and `reset`, in order.
    std::string said() {
        const std::lock_guard lock(mutex_);
        return said_;
    }
    std::vector<std::string> proofs() {
        const std::lock_guard lock(mutex_);
        return proofs_;
    }

  private:
    static std::string read_packet(int descriptor) {
        std::string bytes;
        std::size_t wanted = 4;
        while (bytes.size() < wanted) {
            std::string piece(wanted - bytes.size(), '\0');
            const auto count = ::recv(descriptor, piece.data(), piece.size(), 0);
            if (count <= 0) return {};
            bytes.append(piece, 0, static_cast<std::size_t>(count));
            if (bytes.size() == 4)
                wanted += static_cast<unsigned char>(bytes[0]) +
                          (static_cast<std::size_t>(static_cast<unsigned char>(bytes[1])) << 8);
        }
        return bytes;
    }
    bool say(int descriptor, std::uint8_t& sequence, const std::string& payload) {
        if (payload == silence) {
            while (!read_packet(descriptor).empty()) {
            }
            return false;
        }
        if (payload == ends) {
            close_in_order(descriptor);
            return false;
        }
        if (payload == reset) {
            send_all(descriptor, "T");
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            reset_on_close(descriptor);
            return false;
        }
        return send_all(descriptor, packet(sequence++, payload));
    }
    void note(const std::string& word) {
        const std::lock_guard lock(mutex_);
        said_ += word + ';';
    }
    void serve(int descriptor);
    bool let_in(int descriptor);

    std::mutex mutex_;
    std::string said_;
    std::vector<std::string> proofs_;
    int connections_ = 0;
};

inline bool FakeMysql::let_in(int descriptor) {
    std::uint8_t sequence = 0;
    for (const std::string& payload : greeting)
        if (!say(descriptor, sequence, payload)) return false;
    bool turn = true;  // the client's turn
    for (const std::string& payload : log_in) {
        if (turn) {
            const std::string got = read_packet(descriptor);
            if (got.empty()) return false;
            sequence = static_cast<std::uint8_t>(got[3] + 1);
            const std::lock_guard lock(mutex_);
            proofs_.push_back(got.substr(4));
        }
        turn = payload != std::string("\x01\x03", 2);  // the proof was enough
        if (!say(descriptor, sequence, payload)) return false;
    }
    return log_in.back() == ok_payload;
}

inline void FakeMysql::serve(int descriptor) {
    ++connections_;
    if (!let_in(descriptor)) return close_in_order(descriptor);
    for (;;) {
        const std::string got = read_packet(descriptor);
        if (got.empty()) return note("left");
        if (got[4] == '\x01') return note("quit");
        std::uint8_t sequence = 1;
        if (got[4] == '\x1f') {
            note("reset");
            if (!say(descriptor, sequence, ok_payload)) return;
            continue;
        }
        const std::string sql = got.substr(5);
        note(sql.substr(0, 20));
        Packets answer{error(1064, "42000", "You have an error in your SQL syntax")};
        for (const auto& [begins, packets] : answers)
            if (sql.starts_with(begins)) answer = packets;
        for (const std::string& payload : answer)
            if (!say(descriptor, sequence, payload)) return;
        const bool last = sql.starts_with("SHOW GLOBAL VARIABLES");
        if (last && cut_after_first_run && connections_ == 1) return;
    }
}

}  // namespace vitals::testing::mysql
