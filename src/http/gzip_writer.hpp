// Compresses a text while it is made (RFC 1951, RFC 1952). The maker says where a part of the text
// stood before. So nothing is searched: that is the larger part of a compressor's work. Pure.
//
//     GzipWriter gzip;
//     text += ...;  gzip.repeats(text, {from, to}, {like, like_to});
//     gzip.block(text);  text.clear();     // any number of times
//     std::string compressed = gzip.finish();
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vitals::http {

class GzipWriter {
  public:
    // RFC 1951, section 3.2.5.
    static constexpr std::size_t longest_match = 258, farthest = 32'768;

    GzipWriter();

    // A part of the present block's text, from `begin` up to `end`.
    struct Part {
        std::size_t begin = 0, end = 0;
        std::size_t size() const noexcept { return end - begin; }
    };
    // A hint: `part` begins or ends like `like`, which stands before it. It is compared, so a wrong
    // hint costs bytes of the result and never changes what they mean. Parts come in the order of
    // the text. `text` is the block's so far.
    void repeats(std::string_view text, Part part, Part like);
    // The same for parts of which the maker knows that they are equal. It is not compared: a
    // mistake makes a text that readers refuse, because its checksum is that of the true one.
    void equals(Part part, Part like) {
        if (part.begin >= matched_) take(part.begin, part.size(), part.begin - like.begin);
    }
    // repeats() for each line from there on: it is compared with the line before it.
    void repeats_lines(std::string_view text, std::size_t begin);
    // Compresses the text of a block, which is all since the last call. 100 KB to 1 MB are good.
    void block(std::string_view text);
    // All blocks, as one member of gzip. The last call.
    std::string finish();

  private:
    struct Match {
        std::uint32_t begin;
        std::uint16_t length, distance;
    };
    // A shorter match takes more bits than its characters.
    static constexpr std::size_t worth_it = 6;

    void take(std::size_t begin, std::size_t length, std::size_t distance) {
        if (length < worth_it || distance > farthest) return;
        if (length <= longest_match)
            add(begin, length, distance);
        else
            take_long(begin, length, distance);
    }
    void take_long(std::size_t begin, std::size_t length, std::size_t distance);
    void add(std::size_t begin, std::size_t length, std::size_t distance) {
        matches_.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint16_t>(length),
                            static_cast<std::uint16_t>(distance - 1)});
        matched_ = begin + length;
    }
    class Bits;
    void make_room(std::size_t bytes);

    std::vector<Match> matches_;  // of the present block
    std::size_t matched_ = 0;     // the end of the last one
    std::string out_;
    std::size_t size_ = 0;  // of `out_` that is written
    std::uint64_t bits_ = 0;
    unsigned count_ = 0;  // bits that are not written yet
    std::uint32_t checksum_ = 0;
    std::uint32_t length_ = 0;  // of the text, modulo 2^32 as in the format
};

}  // namespace vitals::http
