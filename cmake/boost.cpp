// Boost.JSON as part of vitals itself: compiled here, hidden, so that neither a program nor a host of
// the library needs, or meets, another build of it.
#include <boost/json/src.hpp>
