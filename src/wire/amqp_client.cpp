#include "amqp_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/secret.hpp"
#include "text/quote.hpp"

namespace vitals::wire::amqp {

namespace {

using What = Event::What;

// Classes and their methods, AMQP 0-9-1, XML definition.
namespace connection {
constexpr std::uint16_t id = 10, start = 10, start_ok = 11, secure = 20, tune = 30, tune_ok = 31,
                        open = 40, open_ok = 41, close = 50, close_ok = 51, blocked = 60,
                        unblocked = 61;
}
namespace channel {
constexpr std::uint16_t id = 20, open = 10, open_ok = 11, flow = 20, flow_ok = 21, close = 40,
                        close_ok = 41;
}
namespace queue {
constexpr std::uint16_t id = 50, declare = 10, declare_ok = 11, bind = 20, bind_ok = 21;
}
namespace basic {
constexpr std::uint16_t id = 60, consume = 20, consume_ok = 21, cancel = 30, publish = 40,
                        returned = 50, deliver = 60;
}

constexpr std::uint16_t access_refused = 403;
constexpr std::uint16_t not_allowed = 530;

// Bits of queue.declare.
constexpr std::uint8_t passive = 1, exclusive = 4, auto_delete = 8;

Event event(What what) {
    Event made;
    made.what = what;
    return made;
}

CheckError broken(std::string detail, std::string error = {}) {
    return {ErrorClass::protocol, std::move(detail), std::move(error)};
}

bool has_word(std::string_view words, std::string_view word) {
    while (!words.empty()) {
        const auto end = std::min(words.find(' '), words.size());
        if (words.substr(0, end) == word) return true;
        words.remove_prefix(std::min(end + 1, words.size()));
    }
    return false;
}

}  // namespace

Client::Client(Login login) : login_(std::move(login)), output_(protocol_header) {}

void Client::send(std::uint16_t channel_number, std::uint16_t class_id, std::uint16_t method_id,
                  std::string_view arguments) {
    Writer writer;
    std::string payload = writer.short_number(class_id).short_number(method_id).take();
    payload += arguments;
    output_ += write_frame(method_frame, channel_number, payload);
}

std::expected<std::optional<Event>, CheckError> Client::next() {
    for (;;) {
        auto frame = take_frame(input_);
        if (!frame) {
            const bool version = frame.error().starts_with("speaks");
            return std::unexpected(broken(version ? frame.error() : "not AMQP: " + frame.error(),
                                          "got " + text::quoted(input_)));
        }
        if (!*frame) return std::optional<Event>();
        auto step = take(**frame);
        if (!step || *step) return step;
    }
}

CheckError Client::ended() const {
    if (state_ == State::login) {
        // How the specification lets a broker refuse a log-in; RabbitMQ does it in another way.
        const Table* known = find_table(broker_, "capabilities");
        const bool told = known != nullptr && find_true(*known, "authentication_failure_close");
        if (!told) return {ErrorClass::auth, "closed at log-in: wrong user or password"};
    }
    return broken("closed without an answer");
}

Client::Step Client::take(const Frame& frame) {
    switch (frame.type) {
        case heartbeat_frame:
            return std::nullopt;
        case method_frame:
            return method(frame);
        default:
            return content(frame);
    }
}

Client::Step Client::method(const Frame& frame) {
    Reader reader(frame.payload);
    const std::uint16_t class_id = reader.short_number();
    const std::uint16_t method_id = reader.short_number();
    Step step;
    const bool ours = frame.channel == channel_ && channel_open_;
    if (frame.channel == 0 && class_id == connection::id) {
        step = connection_method(method_id, reader);
    } else if (frame.channel == 0 || state_ == State::greeting || state_ == State::login ||
               state_ == State::opening) {
        return std::unexpected(broken(fmt::format("unexpected method {}.{}", class_id, method_id)));
    } else if (content_ && ours) {
        return std::unexpected(broken("method within a message"));
    } else if (frame.channel == channel_ && class_id == channel::id) {
        step = channel_method(method_id, reader);
    } else if (!ours || state_ == State::closing) {
        return std::nullopt;  // a former channel: its last words
    } else if (class_id == queue::id) {
        step = queue_method(method_id, reader);
    } else if (class_id == basic::id) {
        step = basic_method(method_id, reader);
    } else {
        return std::unexpected(broken(fmt::format("unexpected method {}.{}", class_id, method_id)));
    }
    if (step && !reader.good()) {
        return std::unexpected(broken(fmt::format("method {}.{} cut", class_id, method_id),
                                      "got " + text::quoted(frame.payload)));
    }
    return step;
}

Client::Step Client::connection_method(std::uint16_t id, Reader& reader) {
    if (id == connection::start && state_ == State::greeting) return start(reader);
    if (id == connection::tune && state_ == State::login) return tune(reader);
    if (id == connection::secure && state_ == State::login) {
        return std::unexpected(
            CheckError(ErrorClass::auth, "the broker asks for more than a password"));
    }
    if (id == connection::open_ok && state_ == State::opening) {
        state_ = State::open;
        return event(What::opened);
    }
    if (id == connection::close_ok && state_ == State::closing) return event(What::closed);
    if (id == connection::close) {
        // Answered as the specification requires, although nobody may send it.
        send(0, connection::id, connection::close_ok, {});
        auto error = closed_by_broker(reader);
        if (!reader.good()) return std::unexpected(broken("method 10.50 cut"));
        return std::unexpected(std::move(error));
    }
    if (id == connection::blocked) {
        Event made = event(What::blocked);
        made.text = reader.short_text();
        return made;
    }
    if (id == connection::unblocked) return event(What::unblocked);
    return std::unexpected(broken(fmt::format("unexpected method 10.{}", id)));
}

Client::Step Client::start(Reader& reader) {
    (void)reader.octet();  // version 0-9, which the header has asked for
    (void)reader.octet();
    broker_ = reader.table();
    const std::string mechanisms = reader.long_text();
    (void)reader.long_text();  // locales; en_US is one that all have
    if (!reader.good()) return std::nullopt;
    const std::string_view mechanism = login_.by_certificate ? "EXTERNAL" : "PLAIN";
    if (!has_word(mechanisms, mechanism)) {
        return std::unexpected(
            CheckError(ErrorClass::auth,
                       fmt::format("log-in by {} is not offered",
                                   login_.by_certificate ? "certificate (EXTERNAL)" : "password"),
                       "offered: " + text::quoted(mechanisms)));
    }
    const Table able = {{"authentication_failure_close", {true}}, {"connection.blocked", {true}}};
    const Table about = {{"product", {std::string("vitals")}},
                         {"capabilities", {std::make_shared<const Table>(able)}}};
    std::string secret;
    if (!login_.by_certificate)
        secret.append(1, '\0').append(login_.user).append(1, '\0').append(login_.password);
    Writer writer;
    writer.table(about).short_text(mechanism).long_text(secret).short_text("en_US");
    wipe(secret);
    send(0, connection::id, connection::start_ok, writer.take());
    state_ = State::login;
    return event(What::greeted);
}

Client::Step Client::tune(Reader& reader) {
    const std::uint16_t channels = reader.short_number();  // more may not be asked for
    const std::uint32_t offered = reader.long_number();
    const std::uint16_t beats = reader.short_number();  // 0: as often as the client likes
    if (!reader.good()) return std::nullopt;
    frame_max_ = offered == 0 ? largest_frame : std::min<std::size_t>(offered, largest_frame);
    frame_max_ = std::max<std::size_t>(frame_max_, 4096);  // what no broker may go below
    wipe(login_.password);
    if (beats != 0 && beats < login_.heartbeat) login_.heartbeat = beats;
    Writer answer;
    answer.short_number(channels)
        .long_number(static_cast<std::uint32_t>(frame_max_))
        .short_number(login_.heartbeat);
    send(0, connection::id, connection::tune_ok, answer.take());
    Writer open;
    open.short_text(login_.vhost).short_text("").octet(0);
    send(0, connection::id, connection::open, open.take());
    state_ = State::opening;
    return event(What::logged_in);
}

CheckError Client::closed_by_broker(Reader& reader) const {
    const std::uint16_t code = reader.short_number();
    const std::string text = reader.short_text();
    const std::string said = fmt::format("got {} {}", code, text::quoted(text));
    // RabbitMQ refuses for a limit (of a virtual host, a user, a node) in the words of a
    // permission.
    const auto says = [&text](std::string_view part) { return text.find(part) != text.npos; };
    if (says("limit") && says("reached"))
        return {ErrorClass::assertion,
                says("channel") ? "no channel left: a limit of the broker is reached"
                                : "no connection left: a limit of the broker is reached",
                said};
    if (code == access_refused && state_ == State::login)
        return {ErrorClass::auth, "wrong user or password", said};
    if (code == not_allowed && state_ == State::opening) {
        // One code for all of these; only the text distinguishes them.
        if (says("refused")) return {ErrorClass::auth, "access to the virtual host refused", said};
        if (says("not found")) return {ErrorClass::assertion, "virtual host does not exist", said};
        return {ErrorClass::assertion, "virtual host cannot be opened", said};
    }
    const auto error_class = code == access_refused      ? ErrorClass::auth
                             : code >= 500 && code < 530 ? ErrorClass::protocol
                                                         : ErrorClass::assertion;
    return {error_class, fmt::format("the broker closed the connection ({})", code), said};
}

Client::Step Client::channel_method(std::uint16_t id, Reader& reader) {
    if (id == channel::open_ok) {
        (void)reader.long_text();
        channel_open_ = true;
        return event(What::channel_opened);
    }
    if (id == channel::close) {
        Event made = event(What::channel_closed);
        made.code = reader.short_number();
        made.text = reader.short_text();
        channel_open_ = false;
        send(channel_, channel::id, channel::close_ok, {});
        return made;
    }
    if (id == channel::flow) {
        Writer writer;
        send(channel_, channel::id, channel::flow_ok, writer.octet(reader.octet()).take());
        return std::nullopt;
    }
    return std::unexpected(broken(fmt::format("unexpected method 20.{}", id)));
}

Client::Step Client::queue_method(std::uint16_t id, Reader& reader) {
    if (id == queue::bind_ok) return event(What::bound);
    if (id != queue::declare_ok)
        return std::unexpected(broken(fmt::format("unexpected method 50.{}", id)));
    Event made = event(What::declared);
    made.queue = reader.short_text();
    made.messages = reader.long_number();
    made.consumers = reader.long_number();
    return made;
}

Client::Step Client::basic_method(std::uint16_t id, Reader& reader) {
    if (id == basic::consume_ok) return event(What::consuming);
    if (id == basic::cancel) return std::unexpected(broken("our queue was deleted"));
    Event made;
    if (id == basic::returned) {
        made.what = What::returned;
        made.code = reader.short_number();
        made.text = reader.short_text();
    } else if (id == basic::deliver) {
        made.what = What::delivered;
        (void)reader.short_text();  // consumer
        (void)reader.longlong_number();
        (void)reader.octet();
    } else {
        return std::unexpected(broken(fmt::format("unexpected method 60.{}", id)));
    }
    (void)reader.short_text();  // exchange
    (void)reader.short_text();  // routing key
    content_ = Content{std::move(made), std::nullopt};
    return std::nullopt;
}

Client::Step Client::content(const Frame& frame) {
    if (frame.channel != channel_ || !channel_open_ || state_ == State::closing)
        return std::nullopt;
    const bool header = frame.type == header_frame;
    if (!content_ || header == content_->missing.has_value())
        return std::unexpected(broken("part of a message out of order"));
    if (header) {
        auto read = read_content_header(frame.payload);
        if (!read) {
            return std::unexpected(
                broken("malformed header of a message", "got " + text::quoted(frame.payload)));
        }
        if (read->body_size > largest_body)
            return std::unexpected(broken("message larger than 1 MiB"));
        content_->event.properties = std::move(read->properties);
        content_->missing = read->body_size;
    } else {
        if (frame.payload.size() > *content_->missing)
            return std::unexpected(broken("message longer than announced"));
        content_->event.body += frame.payload;
        *content_->missing -= frame.payload.size();
    }
    if (*content_->missing > 0) return std::nullopt;
    return std::exchange(content_, std::nullopt)->event;
}

void Client::open_channel() {
    ++channel_;
    channel_open_ = false;
    content_.reset();
    Writer writer;
    send(channel_, channel::id, channel::open, writer.short_text("").take());
}

void Client::look_at_queue(std::string_view name) {
    Writer writer;
    writer.short_number(0).short_text(name).octet(passive).table({});
    send(channel_, queue::id, queue::declare, writer.take());
}

void Client::declare_own_queue(const Table& arguments) {
    Writer writer;
    writer.short_number(0).short_text("").octet(exclusive | auto_delete).table(arguments);
    send(channel_, queue::id, queue::declare, writer.take());
}

void Client::bind(std::string_view name, std::string_view exchange, std::string_view key) {
    Writer writer;
    writer.short_number(0).short_text(name).short_text(exchange).short_text(key).octet(0).table({});
    send(channel_, queue::id, queue::bind, writer.take());
}

void Client::consume(std::string_view name) {
    constexpr std::uint8_t no_ack = 2;
    Writer writer;
    writer.short_number(0).short_text(name).short_text("").octet(no_ack).table({});
    send(channel_, basic::id, basic::consume, writer.take());
}

void Client::publish(const Message& message) {
    constexpr std::uint8_t mandatory = 1;
    Writer writer;
    writer.short_number(0).short_text(message.exchange).short_text(message.key).octet(mandatory);
    send(channel_, basic::id, basic::publish, writer.take());
    const ContentHeader header{message.body.size(), message.properties};
    output_ += write_frame(header_frame, channel_, write_content_header(header));
    const std::size_t piece = frame_max_ - 8;  // head and end of a frame count, too
    std::string_view rest = message.body;
    for (; !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
        output_ += write_frame(body_frame, channel_, rest.substr(0, piece));
}

void Client::beat() {
    output_ += write_frame(heartbeat_frame, 0, {});
}

void Client::close() {
    Writer writer;
    writer.short_number(200).short_text("done").short_number(0).short_number(0);
    send(0, connection::id, connection::close, writer.take());
    state_ = State::closing;
}

}  // namespace vitals::wire::amqp
