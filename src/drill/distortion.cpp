#include "drill/distortion.hpp"

#include <algorithm>

namespace vitals::drill {
namespace {

// Other bytes than those that came, and not the same for each: a line end does not stay one.
constexpr unsigned char flipped = 0x55;

// A drip of many bytes a second comes in this many pieces.
constexpr std::uint64_t pieces_a_second = 20;

}  // namespace

Step Distortion::until_fault(std::size_t size, Next next) {
    const auto left = behaviour_.after - passed_;
    const auto pass = static_cast<std::size_t>(std::min<std::uint64_t>(left, size));
    passed_ += pass;
    return {.pass = pass, .next = passed_ == behaviour_.after ? next : Next::go_on};
}

Step Distortion::take(std::span<char> piece) {
    switch (behaviour_.fault) {
        case Fault::hang:
            return {.next = Next::hold};
        case Fault::hang_after:
            return until_fault(piece.size(), Next::hold);
        case Fault::reset:
            if (piece.empty()) return {};  // instead of an answer, not of a connection
            return until_fault(piece.size(), Next::reset);
        case Fault::half_close:
            return until_fault(piece.size(), Next::half_close);
        case Fault::truncate:
            return until_fault(piece.size(), Next::close);
        case Fault::flood:
            return until_fault(piece.size(), Next::flood);
        case Fault::garble: {
            const auto first = static_cast<std::size_t>(std::min<std::uint64_t>(
                behaviour_.after - std::min(behaviour_.after, passed_), piece.size()));
            for (char& c : piece.subspan(first)) c = static_cast<char>(c ^ flipped);
            passed_ += piece.size();
            return {.pass = piece.size()};
        }
        case Fault::drip: {
            const auto slices = std::min(behaviour_.rate, pieces_a_second);
            const auto most = std::max<std::uint64_t>(behaviour_.rate / slices, 1);
            const auto pass = static_cast<std::size_t>(std::min<std::uint64_t>(most, piece.size()));
            return {.pass = pass,
                    .wait = std::chrono::milliseconds(1000 / static_cast<std::int64_t>(slices))};
        }
        case Fault::delay:
            return {.pass = piece.size(), .wait = behaviour_.delay};
        default:
            return {.pass = piece.size()};
    }
}

}  // namespace vitals::drill
