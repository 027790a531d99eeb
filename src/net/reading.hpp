// How a check looks at files.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "net/apart.hpp"
#include "net/context.hpp"

namespace vitals::net {

// Runs code that touches files as Context::blocking() does, in a separate process: a mount that
// never answers holds neither vitals' process nor its output (apart.hpp says what the code may do).
template <class T>
awaitable<T> reading(Context& context, std::function<T()> code,
                     Descriptors descriptors = Descriptors::own) {
    std::function<T()> call = [code = std::move(code), descriptors] {
        std::optional<T> result;
        apart([&] { result.emplace(code()); }, descriptors);
        return *std::move(result);
    };
    return context.blocking(std::move(call));
}

}  // namespace vitals::net
