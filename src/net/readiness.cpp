#include "net/readiness.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/detail/failure.hpp"
#include "net/environment.hpp"

namespace vitals::net {

namespace asio = boost::asio;

namespace {

class Borrowed {
  public:
    Borrowed(Loop& loop, int descriptor) : descriptor_(loop.context()) {
        boost::system::error_code error;
        descriptor_.assign(descriptor, error);
        if (error) {
            throw CheckError(ErrorClass::local, "descriptor cannot be watched", error.message());
        }
    }
    // The owner closes the descriptor; this code never does.
    ~Borrowed() {
        if (descriptor_.is_open()) descriptor_.release();
    }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

    void stop() {
        boost::system::error_code ignored;
        descriptor_.cancel(ignored);
    }

    awaitable<void> wait(asio::posix::descriptor_base::wait_type what) {
        auto [error] = co_await descriptor_.async_wait(what, asio::as_tuple(asio::use_awaitable));
        if (error == asio::error::operation_aborted) throw run_cancelled();
        if (error) throw stream_failure(error.value(), "descriptor");
    }

  private:
    asio::posix::stream_descriptor descriptor_;
};

// False when the time comes first.
awaitable<bool> wait_until(Context& context, int descriptor,
                           asio::posix::descriptor_base::wait_type what, Steady until) {
    Borrowed borrowed(context.environment().loop(), descriptor);
    bool due = false;
    Timer timer(context.environment().loop());
    auto end = [&borrowed, &due] {
        due = true;
        borrowed.stop();
    };
    timer.arm(until, end);
    try {
        co_await borrowed.wait(what);
    } catch (const CheckError&) {
        if (!due) throw;
    }
    co_return !due;
}

}  // namespace

awaitable<void> wait_readable(Context& context, int descriptor) {
    Borrowed borrowed(context.environment().loop(), descriptor);
    co_await borrowed.wait(asio::posix::descriptor_base::wait_read);
}

awaitable<bool> wait_readable(Context& context, int descriptor, Steady until) {
    const bool in_time =
        co_await wait_until(context, descriptor, asio::posix::descriptor_base::wait_read, until);
    co_return in_time;
}

awaitable<bool> wait_writable(Context& context, int descriptor, Steady until) {
    const bool in_time =
        co_await wait_until(context, descriptor, asio::posix::descriptor_base::wait_write, until);
    co_return in_time;
}

awaitable<void> wait_writable(Context& context, int descriptor) {
    Borrowed borrowed(context.environment().loop(), descriptor);
    co_await borrowed.wait(asio::posix::descriptor_base::wait_write);
}

}  // namespace vitals::net
