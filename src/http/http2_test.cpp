#include "http/http2.hpp"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <array>
#include <cstring>
#include <map>
#include <vector>

#include "http2_frames.hpp"

namespace vitals::http {
namespace {

using namespace std::chrono_literals;
using namespace vitals::testing;

const std::chrono::steady_clock::time_point start{1h};

// A client with nghttp2: what it receives for each stream.
class Client {
  public:
    struct Answer {
        Pairs fields, trailers;
        std::string body;
        bool whole = false;
        std::uint32_t error = 0;
        bool closed = false;
        std::string field(std::string_view name) const {
            for (const auto& [key, value] : fields)
                if (key == name) return value;
            return "-";
        }
    };

    Client() {
        nghttp2_session_callbacks* table = nullptr;
        nghttp2_session_callbacks_new(&table);
        nghttp2_session_callbacks_set_on_header_callback(
            table, [](nghttp2_session*, const nghttp2_frame* told, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* self) {
                Answer& answer = of(self)[told->hd.stream_id];
                const bool trailer =
                    told->headers.cat == NGHTTP2_HCAT_HEADERS && answer.field(":status") != "100";
                if (answer.field(":status") == "100") answer.fields.clear();
                (trailer ? answer.trailers : answer.fields)
                    .emplace_back(std::string(reinterpret_cast<const char*>(name), name_size),
                                  std::string(reinterpret_cast<const char*>(value), value_size));
                return 0;
            });
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
            table, [](nghttp2_session*, std::uint8_t, std::int32_t stream,
                      const std::uint8_t* bytes, std::size_t size, void* self) {
                of(self)[stream].body.append(reinterpret_cast<const char*>(bytes), size);
                return 0;
            });
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            table, [](nghttp2_session*, const nghttp2_frame* told, void* self) {
                if ((told->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
                    of(self)[told->hd.stream_id].whole = true;
                if (told->hd.type == NGHTTP2_GOAWAY)
                    static_cast<Client*>(self)->goaway_ = told->goaway.error_code;
                return 0;
            });
        nghttp2_session_callbacks_set_on_stream_close_callback(
            table, [](nghttp2_session*, std::int32_t stream, std::uint32_t error, void* self) {
                of(self)[stream].error = error;
                of(self)[stream].closed = true;
                return 0;
            });
        nghttp2_option* option = nullptr;
        nghttp2_option_new(&option);
        nghttp2_option_set_no_auto_window_update(option, 1);
        nghttp2_session_client_new2(&session_, table, this, option);
        nghttp2_option_del(option);
        nghttp2_session_callbacks_del(table);
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    }
    ~Client() { nghttp2_session_del(session_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    std::int32_t ask(const Pairs& fields, const std::string* body = nullptr) {
        std::vector<nghttp2_nv> pairs;
        for (const auto& [name, value] : fields)
            pairs.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
        nghttp2_data_provider source{};
        if (body != nullptr) {
            bodies_.push_back(std::make_unique<std::string>(*body));
            source.source.ptr = bodies_.back().get();
            source.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                                      std::size_t size, std::uint32_t* flags,
                                      nghttp2_data_source* from, void*) -> ssize_t {
                auto& text = *static_cast<std::string*>(from->ptr);
                const std::size_t given = std::min(size, text.size());
                std::memcpy(buffer, text.data(), given);
                text.erase(0, given);
                if (text.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
                return static_cast<ssize_t>(given);
            };
        }
        return nghttp2_submit_request(session_, nullptr, pairs.data(), pairs.size(),
                                      body == nullptr ? nullptr : &source, nullptr);
    }
    std::int32_t get(const std::string& path) {
        return ask({{":method", "GET"},
                    {":scheme", "http"},
                    {":path", path},
                    {":authority", "localhost"}});
    }
    void reset(std::int32_t stream) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
    }
    void window(std::uint32_t size) {
        const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, size};
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
    }
    void open_window(std::int32_t stream, int by) {
        nghttp2_submit_window_update(session_, NGHTTP2_FLAG_NONE, stream, by);
    }
    std::string output() {
        std::string all;
        const std::uint8_t* data = nullptr;
        for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;)
            all.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
        return all;
    }
    void receive(std::string_view text) {
        const ssize_t taken = nghttp2_session_mem_recv(session_, bytes(text), text.size());
        EXPECT_EQ(taken, static_cast<ssize_t>(text.size()));
    }
    Answer& operator[](std::int32_t stream) { return answers_[stream]; }
    std::optional<std::uint32_t> goaway() const { return goaway_; }

  private:
    static std::uint8_t* bytes(std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    }
    static std::map<std::int32_t, Answer>& of(void* self) {
        return static_cast<Client*>(self)->answers_;
    }
    nghttp2_session* session_ = nullptr;
    std::map<std::int32_t, Answer> answers_;
    std::vector<std::unique_ptr<std::string>> bodies_;
    std::optional<std::uint32_t> goaway_;
};

// Passes bytes both ways until neither side has more.
bool talk(Client& client, Http2Session& session) {
    bool good = true;
    for (bool moved = true; moved;) {
        moved = false;
        if (const std::string asked = client.output(); !asked.empty()) {
            good = session.receive(asked, start) && good;
            moved = true;
        }
        while (!session.output().empty()) {
            // In pieces, as a socket takes them.
            const std::string part(session.output().substr(0, 700));
            session.sent(part.size());
            client.receive(part);
            moved = true;
        }
    }
    return good;
}

std::vector<Http2Session::Event> events(Http2Session& session) {
    std::vector<Http2Session::Event> all;
    Http2Session::Event event;
    while (session.next(event)) all.push_back(event);
    return all;
}

std::shared_ptr<const Rendered> rendered(const std::string& body, int status = 200) {
    Response response;
    response.status = status;
    response.content_type = "text/plain";
    response.body = body;
    response.headers.emplace_back("X-Thing", "a: b");
    return std::make_shared<Rendered>(render_answer(response, "Sun, 06 Nov 1994 08:49:37 GMT"));
}

// The first bytes of a client, by hand: its preface, settings, and the acknowledgement of the
// server's.
std::string greeting() {
    return std::string(http2_preface) + frame(4, 0, 0, "") + frame(4, 1, 0, "");
}

std::string get_fields(const std::string& path = "/") {
    return header(":method", "GET") + header(":scheme", "http") + header(":path", path) +
           header(":authority", "x");
}

std::string all_output(Http2Session& session) {
    std::string all;
    while (!session.output().empty()) {
        all += session.output();
        session.sent(session.output().size());
    }
    return all;
}

TEST(Http2Session, answers_many_requests_at_once) {
    Http2Session session({});
    Client client;
    const auto first = client.get("/a?b=%20c"), second = client.get("/d");
    ASSERT_TRUE(talk(client, session));
    const auto told = events(session);
    ASSERT_EQ(told.size(), 2u);
    const auto head = session.head(told[0].stream);
    ASSERT_TRUE(head);
    EXPECT_EQ(head->method, "GET");
    EXPECT_EQ(head->target, "/a?b=%20c");
    EXPECT_EQ(*head->field("host"), "localhost");
    EXPECT_FALSE(head->has_body());
    session.answer(second, rendered("two", 503), false);
    session.answer(first, rendered("one"), false);
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(client[first].body, "one");
    EXPECT_EQ(client[first].field(":status"), "200");
    EXPECT_EQ(client[first].field("content-length"), "3");
    EXPECT_EQ(client[first].field("x-thing"), "a: b");
    EXPECT_EQ(client[first].field("date"), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(client[second].body, "two");
    EXPECT_EQ(client[second].field(":status"), "503");
    EXPECT_TRUE(client[first].whole && client[first].error == 0);
    for (const auto& event : events(session)) EXPECT_EQ(event.what, Http2Session::What::gone);
    EXPECT_EQ(session.open(), 0u);
}

TEST(Http2Session, a_head_is_judged_as_in_http1) {
    Http2Session session({});
    Client client;
    const auto cookies = client.ask({{":method", "GET"},
                                     {":scheme", "https"},
                                     {":path", "/"},
                                     {":authority", "a"},
                                     {"cookie", "a=1"},
                                     {"accept", "x"},
                                     {"cookie", "b=2"}});
    const auto two_hosts = client.ask({{":method", "GET"},
                                       {":scheme", "http"},
                                       {":path", "/"},
                                       {":authority", "a"},
                                       {"host", "b"}});
    const auto spaced = client.ask(
        {{":method", "GET"}, {":scheme", "http"}, {":path", "/a b"}, {":authority", "a"}});
    ASSERT_TRUE(talk(client, session));
    ASSERT_TRUE(session.head(cookies));
    EXPECT_EQ(*session.head(cookies)->field("cookie"), "a=1; b=2");
    ASSERT_FALSE(session.head(two_hosts));
    EXPECT_EQ(session.head(two_hosts).error().why, "more than one Host");
    EXPECT_FALSE(session.head(spaced));
    EXPECT_EQ(session.head(99).error().status, 400);
}

TEST(Http2Session, bodies_are_read_where_they_are_wanted) {
    Http2Session session({.body = 100'000});
    Client client;
    const std::string small = "hello", large(90'000, 'x');
    const Pairs post = {
        {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}};
    const auto wanted = client.ask(post, &small), later = client.ask(post, &large),
               unwanted = client.ask(post, &large);
    ASSERT_TRUE(talk(client, session));
    EXPECT_TRUE(session.head(wanted)->has_body());
    session.want_body(wanted);
    session.want_body(later);
    session.answer(unwanted, rendered("no"), false);
    events(session);
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(session.take_body(wanted), small);
    EXPECT_EQ(session.take_body(later), large);
    EXPECT_EQ(client[unwanted].body, "no");
}

TEST(Http2Session, bodies_are_bounded) {
    Http2Session session({.body = 1000});
    Client client;
    const std::string large(5000, 'x');
    const auto stream = client.ask(
        {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}}, &large);
    ASSERT_TRUE(talk(client, session));
    session.want_body(stream);
    const auto told = events(session);
    ASSERT_EQ(told.size(), 2u);
    EXPECT_EQ(told[1].what, Http2Session::What::body);
    EXPECT_TRUE(session.body_too_long(stream));
    EXPECT_EQ(session.take_body(stream), "");
    session.answer(stream, rendered("too long", 413), false);
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(client[stream].body, "too long");
}

TEST(Http2Session, of_a_long_body_the_end_may_be_kept) {
    Http2Session session({.body = 1000});
    Client client;
    const std::string large = std::string(200'000, 'x') + "the end";
    const auto stream = client.ask(
        {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}}, &large);
    // As from a socket: the head is judged before much of the body is there.
    std::string asked = client.output();
    ASSERT_TRUE(session.receive(asked.substr(0, 150), start));
    events(session);
    session.want_body(stream, 1u << 20);
    ASSERT_TRUE(session.receive(asked.substr(150), start));
    ASSERT_TRUE(talk(client, session));
    EXPECT_FALSE(session.body_too_long(stream));
    const std::string kept = session.take_body(stream);
    EXPECT_EQ(kept.size(), 1000u);
    EXPECT_TRUE(kept.ends_with("xthe end"));
}

TEST(Http2Session, a_client_that_was_answered_may_send_the_rest_of_its_body) {
    const std::string some(600'000, 'x'), all(3'000'000, 'x');
    for (const std::string& body : {some, all}) {
        Client client;
        Http2Session each({.body = 1000});
        const auto stream = client.ask(
            {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "a"}}, &body);
        ASSERT_TRUE(each.receive(client.output(), start));
        events(each);
        each.answer(stream, rendered("no", 404), false);
        ASSERT_TRUE(talk(client, each));
        EXPECT_EQ(client[stream].body, "no");
        EXPECT_TRUE(client[stream].closed);
        EXPECT_EQ(client[stream].error, 0u);
        EXPECT_EQ(each.open(), 0u);
    }
}

TEST(Http2Session, answers_go_on_and_end_with_trailers) {
    Http2Session session({});
    Client client;
    const auto stream = client.get("/");
    ASSERT_TRUE(talk(client, session));
    session.begin(stream, Pairs{{":status", "200"}, {"content-type", "application/grpc"}});
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(client[stream].field("content-type"), "application/grpc");
    for (const char* piece : {"a", "b", "c"}) {
        session.say(stream, piece);
        ASSERT_TRUE(talk(client, session));
    }
    EXPECT_EQ(client[stream].body, "abc");
    EXPECT_FALSE(client[stream].whole);
    session.finish(stream, {{"grpc-status", "14"}});
    ASSERT_TRUE(talk(client, session));
    EXPECT_TRUE(client[stream].whole);
    EXPECT_EQ(client[stream].trailers, (Pairs{{"grpc-status", "14"}}));
}

TEST(Http2Session, a_client_that_goes_is_told_of) {
    Http2Session session({});
    Client client;
    const auto stream = client.get("/");
    ASSERT_TRUE(talk(client, session));
    events(session);
    client.reset(stream);
    ASSERT_TRUE(talk(client, session));
    const auto told = events(session);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told[0].what, Http2Session::What::gone);
    session.answer(stream, rendered("nobody"), false);  // passed over
    EXPECT_EQ(session.unsent(stream), 0u);
}

TEST(Http2Session, windows_hold_an_answer_back) {
    Http2Session session({});
    Client client;
    client.window(10);
    const auto stream = client.get("/");
    ASSERT_TRUE(talk(client, session));
    session.answer(stream, rendered(std::string(30, 'y')), false);
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(client[stream].body.size(), 10u);
    EXPECT_TRUE(session.waits_for_window());
    EXPECT_EQ(session.unsent(stream), 20u);
    client.open_window(stream, 20);
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(client[stream].body.size(), 30u);
    EXPECT_FALSE(session.waits_for_window());
}

TEST(Http2Session, goodbye_answers_what_is_under_way) {
    Http2Session session({});
    Client client;
    const auto before = client.get("/");
    ASSERT_TRUE(talk(client, session));
    session.say_goodbye();
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(client.goaway(), NGHTTP2_NO_ERROR);
    EXPECT_FALSE(session.over());
    session.answer(before, rendered("last"), false);
    talk(client, session);
    EXPECT_EQ(client[before].body, "last");
    EXPECT_TRUE(session.over());
}

TEST(Http2Session, more_requests_than_may_be_are_refused) {
    Http2Session session({.requests = 3});
    Client client;
    client.get("/");
    ASSERT_TRUE(talk(client, session));
    events(session);
    std::string bytes;
    std::vector<std::int32_t> asked;
    for (int i = 0; i < 6; ++i) asked.push_back(client.get("/"));
    ASSERT_TRUE(talk(client, session));
    EXPECT_EQ(events(session).size(), 2u);
    EXPECT_EQ(session.open(), 3u);
}

TEST(Http2Session, large_heads_are_refused) {
    Http2Session session({.head = 500});
    std::string bytes = greeting();
    std::string fields = get_fields();
    for (int i = 0; i < 10; ++i) fields += header("x-" + std::to_string(i), std::string(60, 'v'));
    bytes += frame(1, 5, 1, fields);
    ASSERT_TRUE(session.receive(bytes, start));
    ASSERT_EQ(events(session).size(), 1u);
    EXPECT_EQ(session.head(1).error().status, 431);
    EXPECT_LT(session.held(), 30'000u);
}

// A field of 4 KiB in the table, named by one byte again and again.
TEST(Http2Session, a_bomb_of_fields_ends_the_connection) {
    Http2Session session({});
    std::string entry = std::string("\x40\x01", 2) + "b" + "\x7f";  // with indexing; 127 + ...
    const std::size_t size = 3000;
    std::size_t rest = size - 127;
    for (; rest >= 128; rest >>= 7) entry += static_cast<char>(0x80 | (rest & 0x7f));
    entry += static_cast<char>(rest);
    entry += std::string(size, 'v');
    std::string fields = get_fields() + entry + std::string(8000, '\xbe');
    const std::string bytes = greeting() + frame(1, 5, 1, fields);
    EXPECT_FALSE(session.receive(bytes, start));
    EXPECT_LT(session.held(), 60'000u);
    const std::string said = all_output(session);
    EXPECT_NE(said.find(std::string("\x07\0\0\0\0\0", 6)), said.npos);  // GOAWAY
    EXPECT_NE(said.find(number(NGHTTP2_ENHANCE_YOUR_CALM)), said.npos);
    EXPECT_TRUE(session.over());
    EXPECT_TRUE(events(session).empty());
}

TEST(Http2Session, rapid_resets_end_the_connection) {
    Http2Session session({});
    ASSERT_TRUE(session.receive(greeting(), start));
    std::uint32_t stream = 1;
    bool good = true;
    for (int i = 0; i < 10'000 && good; ++i, stream += 2) {
        good = session.receive(frame(1, 5, stream, get_fields()) + reset_stream(stream, 8), start);
        all_output(session);
        events(session);
        good = good && !session.over();
    }
    EXPECT_FALSE(good);
    EXPECT_LT(stream, 2u * 400);
    EXPECT_LT(session.held(), 60'000u);
}

TEST(Http2Session, frames_that_carry_nothing_end_the_connection) {
    const std::string empty[] = {
        frame(6, 0, 0, std::string(8, 'p')),                 // PING
        frame(4, 0, 0, ""),                                  // SETTINGS
        frame(8, 0, 0, number(1)),                           // WINDOW_UPDATE
        frame(2, 0, 1, number(0) + std::string(1, '\x10')),  // PRIORITY
        frame(0, 0, 1, ""),                                  // DATA
    };
    for (const std::string& each : empty) {
        Http2Session session({});
        ASSERT_TRUE(session.receive(greeting() + frame(1, 4, 1, get_fields()), start));
        bool good = true;
        int count = 0;
        for (; count < 10'000 && good; ++count) {
            good = session.receive(each, start);
            all_output(session);
        }
        EXPECT_FALSE(good) << static_cast<int>(each[3]);
        EXPECT_GT(count, 1000);
        EXPECT_LT(count, 3000);
    }
}

TEST(Http2Session, pings_now_and_then_are_answered) {
    Http2Session session({});
    ASSERT_TRUE(session.receive(greeting(), start));
    const std::string ping = frame(6, 0, 0, std::string(8, 'p'));
    auto now = start;
    for (int i = 0; i < 10'000; ++i) {
        now += 100ms;
        ASSERT_TRUE(session.receive(ping, now)) << i;
        EXPECT_NE(all_output(session).find(frame(6, 1, 0, std::string(8, 'p'))), std::string::npos);
    }
}

TEST(Http2Session, other_protocols_are_refused) {
    for (const char* other : {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\x02", "PRI x"}) {
        Http2Session session({});
        EXPECT_FALSE(session.receive(other, start)) << other;
        EXPECT_FALSE(session.greeted());
    }
}

TEST(Http2Session, bytes_may_come_one_by_one) {
    Http2Session session({});
    for (const char byte : greeting() + frame(1, 5, 1, get_fields("/slow")))
        ASSERT_TRUE(session.receive(std::string_view(&byte, 1), start));
    ASSERT_EQ(events(session).size(), 1u);
    EXPECT_EQ(session.head(1)->target, "/slow");
}

}  // namespace
}  // namespace vitals::http
