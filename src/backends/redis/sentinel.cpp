#include "sentinel.hpp"

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "model/refusals.hpp"
#include "net/within.hpp"
#include "session.hpp"
#include "text/quote.hpp"

namespace vitals::backends::redis {

namespace {

using Type = Value::Type;
using Words = std::vector<std::string>;

net::Endpoint endpoint_in(const Value& answer) {
    const bool pair = answer.is(Type::array) && answer.items.size() == 2 &&
                      answer.items[0].is(Type::bulk) && answer.items[1].is(Type::bulk);
    net::Endpoint master;
    if (pair) {
        const std::string& port = answer.items[1].text;
        const auto [end, error] =
            std::from_chars(port.data(), port.data() + port.size(), master.port);
        const bool good = error == std::errc() && end == port.data() + port.size();
        if (good && master.port != 0 && !answer.items[0].text.empty()) {
            master.host = answer.items[0].text;
            return master;
        }
    }
    throw CheckError(ErrorClass::protocol, "not a sentinel's answer",
                     "got " + text::quoted(pair ? answer.items[1].text : answer.text));
}

net::awaitable<void> ask(net::Context& context, Access sentinel, std::string master,
                         net::Endpoint& found) {
    const auto session = co_await Session::connect(context, std::move(sentinel));
    context.enter("sentinel");
    const Words words{"SENTINEL", "get-master-addr-by-name", master};
    Value answer = co_await session->ask(words);
    if (answer.error_code() == "NOAUTH") {
        co_await session->log_in(context);
        context.enter("sentinel");
        answer = co_await session->ask(words);
    }
    if (answer.text.starts_with("ERR unknown command"))
        throw CheckError(ErrorClass::assertion, "is no sentinel",
                         "got " + text::quoted(answer.text));
    if (answer.is(Type::error)) throw meaning_of(answer);
    if (answer.is(Type::nil))
        throw CheckError(ErrorClass::assertion, "the sentinel knows no master of that name");
    found = endpoint_in(answer);
}

}  // namespace

net::awaitable<net::Endpoint> find_master(net::Context& context, std::vector<Access> sentinels,
                                          std::string master) {
    Refusals refusals;
    for (std::size_t index = 0; index < sentinels.size(); ++index) {
        const auto left = static_cast<std::int64_t>(sentinels.size() - index);
        // The last one ends with the run itself, which reports best where it hung.
        const Steady until =
            left == 1 ? Steady::max() : context.clock().steady() + context.left() / (left + 1);
        net::Endpoint found;
        std::optional<CheckError> error;
        try {
            auto work = ask(context, sentinels[index], master, found);
            const bool in_time = co_await net::within(context, until, std::move(work));
            if (in_time) co_return found;
            error.emplace(ErrorClass::timeout, "did not answer");
        } catch (const CheckError& caught) {
            error = caught;
        }
        // A lack of the resolver or of this process is not a fault of the sentinel.
        if (error->error_class == ErrorClass::local) throw CheckError(*error);
        if (error->error_class != ErrorClass::assertion &&
            error->error_class != ErrorClass::protocol)
            error->detail = "at the sentinel: " + error->detail;
        const std::string where = sentinels[index].endpoint.text();
        refusals.add(where, std::move(*error), context.phase());
    }
    throw refusals.summary("no master from any of");
}

}  // namespace vitals::backends::redis
