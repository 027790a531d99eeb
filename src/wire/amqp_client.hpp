// The client's side of an AMQP 0-9-1 conversation, without I/O: bytes in, events and bytes to send
// out. It has only what a probe needs: log in, one channel at a time, look at queues, publish and
// consume. Source: the AMQP 0-9-1 specification, and RabbitMQ's extensions
// authentication_failure_close and connection.blocked. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "amqp.hpp"
#include "model/check_error.hpp"

namespace vitals::wire::amqp {

struct Login {
    std::string user;
    std::string password;
    std::string vhost;
    // How often the broker must send a heartbeat, in seconds; 0: never.
    std::uint16_t heartbeat = 0;
    // The broker takes the user from the client certificate (EXTERNAL); user and password are not
    // sent.
    bool by_certificate = false;
};

struct Event {
    enum class What : std::uint8_t {
        greeted,         // the broker is known; the log-in is on its way
        logged_in,       // accepted; the virtual host is being opened
        opened,          // the virtual host is open
        channel_opened,  //
        declared,        // queue, messages (ready), consumers
        bound,           //
        consuming,       //
        returned,        // code and text: a mandatory message that could not be routed
        delivered,       // properties and body
        channel_closed,  // code and text: the last request of the channel was refused
        blocked,         // text: the broker does not take messages now
        unblocked,       //
        closed,          // the goodbye was answered
    };
    What what = What::greeted;
    std::uint16_t code = 0;
    std::string text;
    std::string queue;
    std::uint32_t messages = 0;
    std::uint32_t consumers = 0;
    Properties properties;
    std::string body;
};

// The greatest size of a message's body in bytes.
inline constexpr std::uint64_t largest_body = 1024 * 1024;

class Client {
  public:
    using Event = amqp::Event;

    explicit Client(Login login);

    // The bytes to send now; empties it.
    std::string take_output() { return std::exchange(output_, {}); }
    void receive(std::string_view bytes) { input_ += bytes; }
    // The next event, or nothing before more bytes are received. A failure when the broker closed
    // the connection, or breaks the protocol: then the conversation is over.
    std::expected<std::optional<Event>, CheckError> next();
    // Nothing is half received, and nothing waits to be sent or to be taken by next().
    bool idle() const { return input_.empty() && output_.empty() && !content_; }
    // The meaning of the stream's end at this point.
    CheckError ended() const;

    // Requests on an open connection. Those below open_channel() need an open channel; after
    // `channel_closed` another one can be opened.
    void open_channel();
    void look_at_queue(std::string_view name);  // passive: nothing is created
    // Named by the broker, exclusive: removed with the connection.
    void declare_own_queue(const Table& arguments = {});
    void bind(std::string_view queue, std::string_view exchange, std::string_view key);
    void consume(std::string_view queue);  // without acknowledgement
    struct Message {
        std::string exchange;
        std::string key;
        Properties properties;
        std::string body;
    };
    void publish(const Message& message);  // mandatory: comes back when it cannot be routed
    void close();
    void beat();  // a heartbeat, when there is nothing else to send

    // The agreed longest silence, in seconds, once logged in; 0: none.
    std::uint16_t heartbeat() const { return login_.heartbeat; }

  private:
    using Step = std::expected<std::optional<Event>, CheckError>;
    struct Content {  // a message on its way: method, header and bodies are frames of their own
        Event event;
        std::optional<std::uint64_t> missing;  // bytes of body; nothing before the header
    };

    Step take(const Frame& frame);
    Step method(const Frame& frame);
    Step connection_method(std::uint16_t id, Reader& reader);
    Step channel_method(std::uint16_t id, Reader& reader);
    Step queue_method(std::uint16_t id, Reader& reader);
    Step basic_method(std::uint16_t id, Reader& reader);
    Step content(const Frame& frame);
    Step start(Reader& reader);
    Step tune(Reader& reader);
    CheckError closed_by_broker(Reader& reader) const;
    void send(std::uint16_t channel, std::uint16_t class_id, std::uint16_t method_id,
              std::string_view arguments);

    enum class State : std::uint8_t { greeting, login, opening, open, closing };

    Login login_;
    State state_ = State::greeting;
    std::uint16_t channel_ = 0;  // the one in use; 0: none yet
    bool channel_open_ = false;
    std::size_t frame_max_ = 4096;
    Table broker_;
    std::string input_;
    std::string output_;
    std::optional<Content> content_;
};

}  // namespace vitals::wire::amqp
