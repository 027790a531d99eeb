#include "http/gzip_writer.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <utility>

namespace vitals::http {
namespace {

// RFC 1951, section 3.2.5.
constexpr std::size_t longest_match = GzipWriter::longest_match;
constexpr std::size_t end_of_block = 256, first_length = 257;
constexpr std::size_t literals = 286, distances = 30, code_lengths = 19;
constexpr unsigned longest_code = 15, longest_length_code = 7;

struct LengthCode {
    std::uint16_t symbol;
    std::uint8_t extra_bits, extra;
};
constexpr auto length_codes = [] {
    std::array<LengthCode, longest_match + 1> codes{};
    std::uint16_t symbol = first_length;
    for (unsigned length = 3; length < longest_match; ++symbol) {
        const unsigned extra_bits = symbol < 265 ? 0 : (symbol - 261u) / 4;
        for (unsigned extra = 0; extra < 1u << extra_bits && length < longest_match; ++extra)
            codes[length++] = {symbol, static_cast<std::uint8_t>(extra_bits),
                               static_cast<std::uint8_t>(extra)};
    }
    codes[longest_match] = {285, 0, 0};
    return codes;
}();

struct DistanceCode {
    unsigned symbol, extra_bits, extra;
};
constexpr DistanceCode distance_code(unsigned distance) noexcept {
    const unsigned before = distance - 1;
    if (before < 4) return {before, 0, 0};
    const auto extra_bits = static_cast<unsigned>(std::bit_width(before)) - 2;
    return {2 * extra_bits + (before >> extra_bits), extra_bits, before & ((1u << extra_bits) - 1)};
}

// A code of Huffman for symbols 0 to N-1 that occur that often.
template <std::size_t N, unsigned longest>
struct Code {
    std::array<std::uint8_t, N> sizes{};
    std::array<std::uint16_t, N> bits{};  // the first bit is the lowest

    explicit Code(std::array<std::uint32_t, N> counts) {
        // A code of one symbol has no bits, which some readers refuse.
        counts[0] = std::max(counts[0], 1u);
        counts[1] = std::max(counts[1], 1u);
        // More even counts make shorter codes.
        while (measure(counts) > longest)
            for (std::uint32_t& count : counts) count = (count + 1) / 2;
        assign();
    }

  private:
    unsigned measure(const std::array<std::uint32_t, N>& counts) {
        struct Node {
            std::uint64_t count;
            std::size_t id;
            bool operator>(const Node& other) const noexcept {
                return count != other.count ? count > other.count : id > other.id;
            }
        };
        std::vector<Node> heap;
        for (std::size_t symbol = 0; symbol < N; ++symbol)
            if (counts[symbol] > 0) heap.push_back({counts[symbol], symbol});
        std::ranges::make_heap(heap, std::greater{});
        const auto lowest = [&heap] {
            std::ranges::pop_heap(heap, std::greater{});
            const Node node = heap.back();
            heap.pop_back();
            return node;
        };
        std::array<std::size_t, 2 * N> parents{};
        std::size_t next = N;
        while (heap.size() > 1) {
            const Node one = lowest(), other = lowest();
            parents[one.id] = parents[other.id] = next;
            heap.push_back({one.count + other.count, next++});
            std::ranges::push_heap(heap, std::greater{});
        }
        std::array<unsigned, 2 * N> depths{};
        for (std::size_t node = next - 1; node-- > N;) depths[node] = depths[parents[node]] + 1;
        unsigned deepest = 0;
        for (std::size_t symbol = 0; symbol < N; ++symbol) {
            sizes[symbol] = 0;
            if (counts[symbol] == 0) continue;
            const unsigned depth = depths[parents[symbol]] + 1;
            deepest = std::max(deepest, depth);
            sizes[symbol] = static_cast<std::uint8_t>(std::min(depth, 255u));
        }
        return deepest;
    }

    // RFC 1951, section 3.2.2.
    void assign() noexcept {
        std::array<std::uint16_t, longest + 2> next{};
        for (const std::uint8_t size : sizes)
            if (size > 0) ++next[size + 1u];
        for (unsigned size = 1; size <= longest; ++size)
            next[size + 1] = static_cast<std::uint16_t>((next[size] + next[size + 1]) << 1);
        for (std::size_t symbol = 0; symbol < N; ++symbol) {
            unsigned code = sizes[symbol] > 0 ? next[sizes[symbol]]++ : 0u, reversed = 0;
            for (unsigned bit = 0; bit < sizes[symbol]; ++bit, code >>= 1)
                reversed = reversed << 1 | (code & 1);
            bits[symbol] = static_cast<std::uint16_t>(reversed);
        }
    }
};

std::uint64_t word_at(const char* place) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, place, sizeof word);
    if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
    return word;
}

// How many characters are the same from there on, at most that many.
std::size_t common_front(const char* one, const char* other, std::size_t most) noexcept {
    std::size_t size = 0;
    const auto differ = [&](std::size_t at) {
        return word_at(one + size + at) ^ word_at(other + size + at);
    };
    while (size + 32 <= most && (differ(0) | differ(8) | differ(16) | differ(24)) == 0) size += 32;
    for (; size + sizeof(std::uint64_t) <= most; size += sizeof(std::uint64_t))
        if (const std::uint64_t differing = differ(0))
            return size + static_cast<std::size_t>(std::countr_zero(differing)) / 8;
    while (size < most && one[size] == other[size]) ++size;
    return size;
}

}  // namespace

GzipWriter::GzipWriter() {
    using namespace std::string_view_literals;
    // Deflate, no fields, no time, fastest, no file system.
    out_ = "\x1f\x8b\x08\0\0\0\0\0\x04\xff"sv;
    size_ = out_.size();
}

void GzipWriter::take_long(std::size_t begin, std::size_t length, std::size_t distance) {
    for (; length >= worth_it; begin = matched_) {
        const std::size_t taken = std::min(length, longest_match);
        add(begin, taken, distance);
        length -= taken;
    }
}

void GzipWriter::repeats(std::string_view text, Part part, Part like) {
    if (like.end > part.begin || part.begin < matched_) return;
    const std::size_t most = std::min(part.size(), like.size());
    const std::size_t front =
        common_front(text.data() + part.begin, text.data() + like.begin, most);
    take(part.begin, front, part.begin - like.begin);
    // Then the ends, if that can be worth it.
    if (most < front + worth_it) return;
    std::size_t back = 0;
    while (back < most - front && text[part.end - 1 - back] == text[like.end - 1 - back]) ++back;
    take(part.end - back, back, part.end - like.end);
}

void GzipWriter::repeats_lines(std::string_view text, std::size_t begin) {
    for (Part before, line; begin < text.size(); begin = line.end, before = line) {
        line = {begin, std::min(text.find('\n', begin), text.size() - 1) + 1};
        repeats(text, line, before);
    }
}

void GzipWriter::make_room(std::size_t bytes) {
    if (out_.size() < size_ + bytes) out_.resize(std::max(size_ + bytes, 2 * out_.size()));
}

// Apart from the writer's members, so that they stay in registers. Needs room for eight bytes at
// each call, and takes at most 56 bits at a time.
class GzipWriter::Bits {
  public:
    explicit Bits(GzipWriter& writer) noexcept
        : writer_(writer),
          place_(writer.out_.data() + writer.size_),
          bits_(writer.bits_),
          count_(writer.count_) {}
    ~Bits() {
        writer_.size_ = static_cast<std::size_t>(place_ - writer_.out_.data());
        writer_.bits_ = bits_;
        writer_.count_ = count_;
    }
    Bits(const Bits&) = delete;
    Bits& operator=(const Bits&) = delete;

    void put(std::uint64_t bits, unsigned count) noexcept {
        bits_ |= bits << count_;
        count_ += count;
        const std::uint64_t word =
            std::endian::native == std::endian::big ? std::byteswap(bits_) : bits_;
        std::memcpy(place_, &word, sizeof word);
        place_ += count_ / 8;
        bits_ >>= count_ & ~7u;
        count_ %= 8;
    }
    unsigned open() const noexcept { return count_; }

  private:
    GzipWriter& writer_;
    char* place_;
    std::uint64_t bits_;
    unsigned count_;
};

void GzipWriter::block(std::string_view text) {
    checksum_ = libdeflate_crc32(checksum_, text.data(), text.size());
    length_ += static_cast<std::uint32_t>(text.size());

    // Every symbol has a code, so it is enough to count a part of a long text.
    std::array<std::uint32_t, literals> literal_counts{};
    std::array<std::uint32_t, distances> distance_counts{};
    literal_counts.fill(1);
    distance_counts.fill(1);
    const auto count_literals = [&](std::size_t begin, std::size_t end) {
        for (; begin < end; ++begin) ++literal_counts[static_cast<unsigned char>(text[begin])];
    };
    const std::size_t step = matches_.size() < 1000 ? 1 : 5;
    std::size_t done = 0;
    for (std::size_t i = 0; i < matches_.size(); i += step) {
        const Match& match = matches_[i];
        if (i > 0) done = matches_[i - 1].begin + matches_[i - 1].length;
        count_literals(done, match.begin);
        ++literal_counts[length_codes[match.length].symbol];
        ++distance_counts[distance_code(match.distance + 1u).symbol];
        done = match.begin + match.length;
    }
    if (step == 1) count_literals(done, text.size());
    const Code<literals, longest_code> literal(literal_counts);
    const Code<distances, longest_code> distance(distance_counts);
    // A length with its code and its extra bits.
    struct Encoded {
        std::uint32_t bits, count;
    };
    std::array<Encoded, longest_match + 1> lengths{};
    for (std::size_t length = 3; length <= longest_match; ++length) {
        const auto [symbol, extra_bits, extra] = length_codes[length];
        const std::uint32_t size = literal.sizes[symbol];
        lengths[length] = {literal.bits[symbol] | std::uint32_t{extra} << size, size + extra_bits};
    }

    // The head: the sizes of both codes, themselves in a code.
    std::array<std::uint32_t, code_lengths> size_counts{};
    for (const std::uint8_t size : literal.sizes) ++size_counts[size];
    for (const std::uint8_t size : distance.sizes) ++size_counts[size];
    const Code<code_lengths, longest_length_code> sizes(size_counts);
    // At most 15 bits a character, 48 a match, and the head.
    make_room(2 * text.size() + 6 * matches_.size() + 1024);
    Bits out(*this);
    out.put(0b100, 3);  // not the last block; with its own codes
    out.put(literals - 257, 5);
    out.put(distances - 1, 5);
    out.put(code_lengths - 4, 4);
    for (const unsigned symbol :
         {16u, 17u, 18u, 0u, 8u, 7u, 9u, 6u, 10u, 5u, 11u, 4u, 12u, 3u, 13u, 2u, 14u, 1u, 15u})
        out.put(sizes.sizes[symbol], 3);
    for (const std::uint8_t size : literal.sizes) out.put(sizes.bits[size], sizes.sizes[size]);
    for (const std::uint8_t size : distance.sizes) out.put(sizes.bits[size], sizes.sizes[size]);

    const auto write_literals = [&](std::size_t begin, std::size_t end) {
        for (; begin < end; ++begin) {
            const auto symbol = static_cast<unsigned char>(text[begin]);
            out.put(literal.bits[symbol], literal.sizes[symbol]);
        }
    };
    done = 0;
    for (const Match& match : matches_) {
        write_literals(done, match.begin);
        const Encoded length = lengths[match.length];
        const DistanceCode back = distance_code(match.distance + 1u);
        const unsigned size = distance.sizes[back.symbol];
        const std::uint64_t far = distance.bits[back.symbol] | std::uint64_t{back.extra} << size;
        out.put(length.bits | far << length.count, length.count + size + back.extra_bits);
        done = match.begin + match.length;
    }
    write_literals(done, text.size());
    out.put(literal.bits[end_of_block], literal.sizes[end_of_block]);
    matches_.clear();
    matched_ = 0;
}

std::string GzipWriter::finish() {
    make_room(64);
    {
        Bits out(*this);
        out.put(0b011, 3);  // the last block, of the fixed code, with nothing but its end
        out.put(0, 7);
        out.put(0, (8 - out.open()) % 8);
        out.put(checksum_, 32);
        out.put(length_, 32);
    }
    out_.resize(size_);
    return std::move(out_);
}

}  // namespace vitals::http
