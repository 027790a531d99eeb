#include "session.hpp"

#include <fmt/format.h>

#include <utility>

#include "text/quote.hpp"

namespace vitals::backends::amqp {

using What = Event::What;

CheckError meaning_of(const Event& channel_closed) {
    const bool refused = channel_closed.code == access_refused;
    return {refused ? ErrorClass::auth : ErrorClass::assertion,
            fmt::format("the broker refused ({})", channel_closed.code),
            "got " + text::quoted(channel_closed.text)};
}

net::awaitable<std::unique_ptr<Session>> Session::connect(net::Context& context, Access access) {
    auto connection = co_await net::dial(context, access.endpoint, access.tls);
    std::unique_ptr<Session> session(new Session(std::move(connection), std::move(access)));
    co_return session;
}

net::awaitable<void> Session::log_in(net::Context& context) {
    context.enter("greeting");
    co_await expect(What::greeted);
    context.enter("auth");
    co_await expect(What::logged_in);
    context.enter("vhost");
    co_await expect(What::opened);
}

net::awaitable<std::optional<Event>> Session::next(Steady until) {
    auto event = co_await conversation_.next(until);
    if (!event) co_return event;
    switch (event->what) {
        case What::blocked:
            blocked_ = true;
            break;
        case What::unblocked:
            blocked_ = false;
            break;
        case What::channel_opened:
            has_channel_ = true;
            break;
        case What::channel_closed:
            has_channel_ = false;
            break;
        default:
            break;
    }
    co_return event;
}

net::awaitable<Event> Session::answer() {
    for (;;) {
        auto event = co_await next(Steady::max());
        if (event->what != What::unblocked) co_return std::move(*event);
    }
}

net::awaitable<Event> Session::expect(What what) {
    for (;;) {
        auto event = co_await answer();
        if (event.what == what) co_return event;
        if (event.what == What::channel_closed) throw meaning_of(event);
        if (event.what != What::blocked && event.what != What::delivered)
            throw CheckError(ErrorClass::protocol, "unexpected answer");
    }
}

net::awaitable<void> Session::close(net::Context& context) {
    context.enter("close");
    client().close();
    if (blocked_) {
        co_await conversation_.flush();
    } else {
        co_await expect(What::closed);
    }
}

}  // namespace vitals::backends::amqp
