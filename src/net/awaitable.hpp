// The one name of the asynchronous machinery that checks and the engine know. An awaiting
// expression contains only names, calls and constructors; name aggregates, lambdas and choices
// first.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace vitals::net {

template <class T = void>
using awaitable = boost::asio::awaitable<T>;

}  // namespace vitals::net
