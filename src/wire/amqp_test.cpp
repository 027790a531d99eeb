#include "wire/amqp.hpp"

#include <gtest/gtest.h>

#include "wire/amqp_client.hpp"

namespace vitals::wire::amqp {
namespace {

using What = Event::What;

std::string method(std::uint16_t channel, std::uint16_t class_id, std::uint16_t id,
                   const std::string& arguments = {}) {
    Writer writer;
    return write_frame(method_frame, channel,
                       writer.short_number(class_id).short_number(id).take() + arguments);
}

std::string start(std::string_view mechanisms = "PLAIN AMQPLAIN", bool tells = true) {
    const Table able{{"authentication_failure_close", {tells}}};
    const Table about{{"product", {std::string("RabbitMQ")}},
                      {"capabilities", {std::make_shared<const Table>(able)}}};
    Writer writer;
    writer.octet(0).octet(9).table(about).long_text(mechanisms).long_text("en_US");
    return method(0, 10, 10, writer.take());
}

std::string tune(std::uint32_t frame_max = 131072) {
    Writer writer;
    writer.short_number(2047).long_number(frame_max).short_number(60);
    return method(0, 10, 30, writer.take());
}

std::string close(std::uint16_t channel, std::uint16_t code, std::string_view text) {
    Writer writer;
    writer.short_number(code).short_text(text).short_number(0).short_number(0);
    return channel == 0 ? method(0, 10, 50, writer.take()) : method(channel, 20, 40, writer.take());
}

const std::string open_ok = method(0, 10, 41, std::string(1, '\0'));
const std::string channel_open_ok = method(1, 20, 11, std::string(4, '\0'));

std::string declare_ok(std::string_view name, std::uint32_t messages, std::uint32_t consumers) {
    Writer writer;
    writer.short_text(name).long_number(messages).long_number(consumers);
    return method(1, 50, 11, writer.take());
}

std::string delivery(std::string_view body, std::size_t piece = 1000) {
    Writer writer;
    writer.short_text("tag").longlong_number(1).octet(0).short_text("").short_text("key");
    ContentHeader header;
    header.body_size = body.size();
    header.properties.content_type = "application/json";
    header.properties.headers = {{"ticket", {std::string("t1")}}};
    std::string bytes = method(1, 60, 60, writer.take()) +
                        write_frame(header_frame, 1, write_content_header(header));
    for (; !body.empty(); body.remove_prefix(std::min(piece, body.size())))
        bytes += write_frame(body_frame, 1, body.substr(0, piece));
    return bytes;
}

// What came out, one word an event.
std::string told(const Event& event) {
    switch (event.what) {
        case What::greeted:
            return "greeted";
        case What::logged_in:
            return "logged_in";
        case What::opened:
            return "opened";
        case What::channel_opened:
            return "channel_opened";
        case What::declared:
            return "declared " + event.queue + ' ' + std::to_string(event.messages) + ' ' +
                   std::to_string(event.consumers);
        case What::bound:
            return "bound";
        case What::consuming:
            return "consuming";
        case What::returned:
            return "returned " + std::to_string(event.code) + event.body;
        case What::delivered:
            return "delivered " + event.body;
        case What::channel_closed:
            return "channel_closed " + std::to_string(event.code);
        case What::blocked:
            return "blocked " + event.text;
        case What::unblocked:
            return "unblocked";
        case What::closed:
            return "closed";
    }
    return "?";
}

// All events, then the failure's detail, if any.
std::vector<std::string> drain(Client& client) {
    std::vector<std::string> all;
    for (;;) {
        auto event = client.next();
        if (!event) {
            all.push_back("! " + event.error().detail);
            return all;
        }
        if (!*event) return all;
        all.push_back(told(**event));
        if ((*event)->what == What::opened) client.open_channel();
    }
}

CheckError failure(const std::string& bytes) {
    Client client({"user", "secret", "/"});
    client.receive(bytes);
    for (;;) {
        auto event = client.next();
        if (!event) return event.error();
        if (!*event) return client.ended();
    }
}

Client opened() {
    Client client({"user", "secret", "/"});
    client.receive(start() + tune() + open_ok);
    drain(client);
    client.receive(channel_open_ok);
    drain(client);
    client.take_output();
    return client;
}

TEST(AmqpFrame, is_taken_once_complete_wherever_it_is_split) {
    const std::string whole = write_frame(method_frame, 7, "payload");
    EXPECT_EQ(whole, std::string("\x01\x00\x07\x00\x00\x00\x07payload\xce", 15));
    for (std::size_t split = 0; split < whole.size(); ++split) {
        std::string buffer = whole.substr(0, split);
        const auto early = take_frame(buffer);
        ASSERT_TRUE(early.has_value()) << split;
        ASSERT_FALSE(early->has_value()) << split;
        buffer += whole.substr(split) + "\x08";
        const auto frame = take_frame(buffer);
        ASSERT_TRUE(frame.has_value() && frame->has_value()) << split;
        EXPECT_EQ((*frame)->type, method_frame);
        EXPECT_EQ((*frame)->channel, 7);
        EXPECT_EQ((*frame)->payload, "payload");
        EXPECT_EQ(buffer, "\x08");
    }
}

TEST(AmqpFrame, what_is_none_is_refused_at_once) {
    const auto problem = [](std::string bytes) {
        const auto frame = take_frame(bytes);
        return frame ? std::string(*frame ? "a frame" : "wait") : frame.error();
    };
    EXPECT_EQ(problem("H"), "is no AMQP");
    EXPECT_EQ(problem("AMP"), "is no AMQP");
    EXPECT_EQ(problem("AMQP"), "wait");
    EXPECT_EQ(problem(std::string("AMQP\x03\x01\x00\x00", 8)),
              "speaks another version of AMQP than 0-9-1");
    EXPECT_EQ(problem(std::string("\x01\x00\x00\x00\x02\x00\x00", 7)), "wait");
    EXPECT_EQ(problem(std::string("\x01\x00\x00\x00\x02\x00\x01", 7)), "frame larger than 128 KiB");
    EXPECT_EQ(problem(std::string("\x01\x00\x00\x00\x00\x00\x00x", 8)), "frame without its end");
}

TEST(AmqpTable, is_read_as_it_was_written) {
    const Table inner{{"deep", {std::string("x")}}};
    const Table table{{"true", {true}},
                      {"number", {std::int64_t{-5}}},
                      {"real", {0.5}},
                      {"text", {std::string("text")}},
                      {"nothing", {std::monostate()}},
                      {"table", {std::make_shared<const Table>(inner)}}};
    Writer writer;
    const std::string bytes = writer.table(table).take();
    Reader reader(bytes);
    const Table read = reader.table();
    ASSERT_TRUE(reader.good());
    EXPECT_TRUE(reader.at_end());
    ASSERT_EQ(read.size(), table.size());
    EXPECT_TRUE(find_true(read, "true"));
    EXPECT_FALSE(find_true(read, "number"));
    EXPECT_EQ(std::get<std::int64_t>(find(read, "number")->value), -5);
    EXPECT_EQ(std::get<double>(find(read, "real")->value), 0.5);
    EXPECT_EQ(*find_text(read, "text"), "text");
    EXPECT_EQ(*find_text(*find_table(read, "table"), "deep"), "x");
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        Reader less(std::string_view(bytes).substr(0, cut));
        EXPECT_TRUE(less.table().empty());
        EXPECT_FALSE(less.good()) << cut;
    }
}

TEST(AmqpTable, has_limits) {
    Table deep{{"x", {true}}};
    for (int i = 1; i < deepest_table; ++i) {
        Table outer;
        outer.emplace_back("t", FieldValue{std::make_shared<const Table>(deep)});
        deep = outer;
    }
    const auto good = [](const Table& table) {
        Writer writer;
        const std::string bytes = writer.table(table).take();
        Reader reader(bytes);
        (void)reader.table();
        return reader.good();
    };
    EXPECT_TRUE(good(deep));
    Table deeper;
    deeper.emplace_back("t", FieldValue{std::make_shared<const Table>(deep)});
    EXPECT_FALSE(good(deeper));
    EXPECT_TRUE(good(Table(most_fields, {"n", {true}})));
    EXPECT_FALSE(good(Table(most_fields + 1, {"n", {true}})));
    // A table may not claim more than what holds it.
    Reader reader(std::string_view("\x00\x00\x00\x0a\x01tF\x00\x00\x00\x64\x00\x00\x00", 14));
    (void)reader.table();
    EXPECT_FALSE(reader.good());
}

TEST(AmqpClient, talks_as_wanted_wherever_the_bytes_are_split) {
    const std::string whole =
        start() + tune() + open_ok + channel_open_ok + declare_ok("orders", 3, 1) +
        std::string("\x08\x00\x00\x00\x00\x00\x00\xce", 8) + delivery("0123456789", 4) +
        delivery("") + method(0, 10, 60, "\x0dlow on memory") + method(0, 10, 61) +
        close(1, 404, "NOT_FOUND - no queue 'x' in vhost '/'");
    const std::vector<std::string> wanted{"greeted",
                                          "logged_in",
                                          "opened",
                                          "channel_opened",
                                          "declared orders 3 1",
                                          "delivered 0123456789",
                                          "delivered ",
                                          "blocked low on memory",
                                          "unblocked",
                                          "channel_closed 404"};
    for (std::size_t split = 0; split <= whole.size(); ++split) {
        Client client({"user", "secret", "/"});
        client.receive(whole.substr(0, split));
        std::vector<std::string> all = drain(client);
        client.receive(whole.substr(split));
        for (std::string& each : drain(client)) all.push_back(std::move(each));
        ASSERT_EQ(all, wanted) << split;
    }
}

TEST(AmqpClient, writes_what_the_specification_requires) {
    Client client({"user", "secret", "shop"});
    EXPECT_EQ(client.take_output(), std::string("AMQP\0\0\x09\x01", 8));
    client.receive(start());
    drain(client);
    std::string output = client.take_output();
    auto frame = take_frame(output);
    ASSERT_TRUE(frame && *frame);
    Reader reader((*frame)->payload);
    EXPECT_EQ(reader.long_number(), 10u << 16 | 11u);
    const Table about = reader.table();
    const Table* able = find_table(about, "capabilities");
    ASSERT_NE(able, nullptr);
    EXPECT_TRUE(find_true(*able, "authentication_failure_close"));
    EXPECT_TRUE(find_true(*able, "connection.blocked"));
    EXPECT_EQ(reader.short_text(), "PLAIN");
    EXPECT_EQ(reader.long_text(), std::string("\0user\0secret", 12));
    EXPECT_EQ(reader.short_text(), "en_US");
    EXPECT_TRUE(reader.good() && reader.at_end());
    client.receive(tune(4096));
    drain(client);
    // As many channels and bytes as offered, no heartbeats; then the virtual host.
    EXPECT_EQ(client.take_output(),
              method(0, 10, 31, std::string("\x07\xff\x00\x00\x10\x00\x00\x00", 8)) +
                  method(0, 10, 40, std::string("\x04shop\x00\x00", 7)));
}

TEST(AmqpClient, a_certificate_names_the_user) {
    Client client({.vhost = "/", .by_certificate = true});
    client.take_output();
    client.receive(start("PLAIN EXTERNAL"));
    drain(client);
    std::string output = client.take_output();
    auto frame = take_frame(output);
    ASSERT_TRUE(frame && *frame);
    Reader reader((*frame)->payload);
    (void)reader.long_number();
    (void)reader.table();
    EXPECT_EQ(reader.short_text(), "EXTERNAL");
    EXPECT_EQ(reader.long_text(), "");
    Client refused({.vhost = "/", .by_certificate = true});
    refused.receive(start("PLAIN AMQPLAIN"));
    const auto step = refused.next();
    ASSERT_FALSE(step);
    EXPECT_EQ(step.error().detail, "log-in by certificate (EXTERNAL) is not offered");
}

TEST(AmqpClient, looks_at_queues_without_making_them) {
    Client client = opened();
    client.look_at_queue("q");
    EXPECT_EQ(client.take_output(),
              method(1, 50, 10, std::string("\x00\x00\x01q\x01\x00\x00\x00\x00", 9)));
    client.declare_own_queue();  // exclusive, deleted with its consumer
    EXPECT_EQ(client.take_output(),
              method(1, 50, 10, std::string("\x00\x00\x00\x0c\x00\x00\x00\x00", 8)));
}

TEST(AmqpClient, publishes_mandatory_and_in_pieces) {
    Client client({"user", "secret", "/"});
    client.receive(start() + tune(4096) + open_ok);
    drain(client);
    client.receive(channel_open_ok);
    drain(client);
    client.take_output();
    Client::Message message;
    message.key = "k";
    message.body = std::string(5000, 'x');
    client.publish(message);
    std::string output = client.take_output();
    EXPECT_EQ((*take_frame(output))->payload, std::string("\0\x3c\0\x28\0\0\0\1k\1", 10));
    const auto header = read_content_header((*take_frame(output))->payload);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->body_size, 5000u);
    EXPECT_EQ((*take_frame(output))->payload.size(), 4096u - 8);
    EXPECT_EQ((*take_frame(output))->payload.size(), 5000u - (4096u - 8));
    EXPECT_EQ(output, "");
}

TEST(AmqpClient, maps_refusals) {
    const auto is = [](const CheckError& error, ErrorClass error_class, const char* detail) {
        EXPECT_EQ(error.error_class, error_class) << error.detail;
        EXPECT_EQ(error.detail, detail);
    };
    is(failure(start() + close(0, 403, "ACCESS_REFUSED - Login was refused")), ErrorClass::auth,
       "wrong user or password");
    is(failure(start("AMQPLAIN EXTERNAL")), ErrorClass::auth, "log-in by password is not offered");
    is(failure(start("PLAIN", false)), ErrorClass::auth,
       "closed at log-in: wrong user or password");
    is(failure(start()), ErrorClass::protocol, "closed without an answer");
    is(failure(""), ErrorClass::protocol, "closed without an answer");
    const std::string in = start() + tune();
    is(failure(in + close(0, 530, "NOT_ALLOWED - vhost nope not found")), ErrorClass::assertion,
       "virtual host does not exist");
    is(failure(in + close(0, 530, "NOT_ALLOWED - access to vhost 'x' refused for user 'y'")),
       ErrorClass::auth, "access to the virtual host refused");
    // As RabbitMQ 3.10 words them.
    for (const char* limit :
         {"NOT_ALLOWED - access to vhost '/' refused for user 'y': connection limit (1) is reached",
          "NOT_ALLOWED - connection refused for user 'y': user connection limit (1) is reached"})
        is(failure(in + close(0, 530, limit)), ErrorClass::assertion,
           "no connection left: a limit of the broker is reached");
    is(failure(in + close(0, 530,
                          "NOT_ALLOWED - number of channels opened for user 'y' has reached the "
                          "maximum allowed user limit of (1)")),
       ErrorClass::assertion, "no channel left: a limit of the broker is reached");
    is(failure(in + open_ok + close(0, 320, "CONNECTION_FORCED")), ErrorClass::assertion,
       "the broker closed the connection (320)");
    is(failure(in + open_ok + close(0, 501, "FRAME_ERROR")), ErrorClass::protocol,
       "the broker closed the connection (501)");
    is(failure("HTTP/1.1 400 Bad Request\r\n"), ErrorClass::protocol, "not AMQP: is no AMQP");
    is(failure(std::string("AMQP\0\3\1\0", 8)), ErrorClass::protocol,
       "speaks another version of AMQP than 0-9-1");
    is(failure(tune()), ErrorClass::protocol, "unexpected method 10.30");
    is(failure(open_ok), ErrorClass::protocol, "unexpected method 10.41");
    is(failure(channel_open_ok), ErrorClass::protocol, "unexpected method 20.11");
    is(failure(method(0, 10, 10, "x")), ErrorClass::protocol, "method 10.10 cut");
}

TEST(AmqpClient, does_not_take_too_much) {
    const auto problem = [](const std::string& bytes) {
        Client client = opened();
        client.receive(bytes);
        const auto all = drain(client);
        return all.empty() ? std::string() : all.back();
    };
    const auto deliver = [](std::uint64_t size) {
        Writer writer;
        writer.short_text("t").longlong_number(1).octet(0).short_text("").short_text("");
        ContentHeader header;
        header.body_size = size;
        return method(1, 60, 60, writer.take()) +
               write_frame(header_frame, 1, write_content_header(header));
    };
    EXPECT_EQ(problem(deliver(largest_body)), "");
    EXPECT_EQ(problem(deliver(largest_body + 1)), "! message larger than 1 MiB");
    EXPECT_EQ(problem(deliver(3) + write_frame(body_frame, 1, "four")),
              "! message longer than announced");
    EXPECT_EQ(problem(write_frame(body_frame, 1, "x")), "! part of a message out of order");
    EXPECT_EQ(problem(deliver(3) + deliver(3)), "! method within a message");
    EXPECT_EQ(problem(method(1, 90, 11)), "! unexpected method 90.11");
}

TEST(AmqpClient, answers_a_closed_channel_and_opens_another) {
    Client client = opened();
    client.receive(close(1, 404, "no queue"));
    EXPECT_EQ(drain(client), std::vector<std::string>{"channel_closed 404"});
    EXPECT_EQ(client.take_output(), method(1, 20, 41));
    client.open_channel();
    EXPECT_EQ(client.take_output(), method(2, 20, 10, std::string(1, '\0')));
    client.receive(declare_ok("late", 1, 1) + method(2, 20, 11, std::string(4, '\0')));
    EXPECT_EQ(drain(client), std::vector<std::string>{"channel_opened"});
    client.close();
    client.receive(method(0, 10, 51));
    EXPECT_EQ(drain(client), std::vector<std::string>{"closed"});
}

}  // namespace
}  // namespace vitals::wire::amqp
