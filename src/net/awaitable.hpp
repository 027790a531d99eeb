// The one name that checks and engine know of the asynchronous machinery. An expression that awaits
// contains only names, calls and constructors; aggregates, lambdas and choices are named first.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace vitals::net {

template <class T = void>
using awaitable = boost::asio::awaitable<T>;

}  // namespace vitals::net
