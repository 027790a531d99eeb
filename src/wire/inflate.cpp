#include "wire/inflate.hpp"

#include <libdeflate.h>

#include <algorithm>
#include <memory>

namespace vitals::wire {

namespace {

using Decompressor = std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)>;
using Decompress = decltype(&libdeflate_gzip_decompress_ex);

constexpr std::size_t first_guess = 4;  // times the size of what came

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
}

Coding coding_of_word(std::string_view word) {
    constexpr std::string_view others[] = {"br", "zstd", "dcb", "dcz", "compress", "x-compress"};
    if (same_word(word, "gzip") || same_word(word, "x-gzip")) return Coding::gzip;
    if (same_word(word, "deflate")) return Coding::deflate;
    const bool other = std::ranges::any_of(
        others, [word](std::string_view name) { return same_word(word, name); });
    return other ? Coding::other : Coding::none;
}

// Takes one member or stream from the front of the text, and appends its content.
libdeflate_result take(Decompress decompress, libdeflate_decompressor* with, std::string_view& text,
                       std::string& made, std::size_t most) {
    std::size_t room =
        std::min(most - made.size(), std::max<std::size_t>(text.size(), 256) * first_guess);
    const std::size_t before = made.size();
    for (;;) {
        made.resize(before + room);
        std::size_t read = 0, written = 0;
        const auto result =
            decompress(with, text.data(), text.size(), made.data() + before, room, &read, &written);
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE && room < most - before) {
            room = std::min(most - before, room * 2);
            continue;
        }
        made.resize(result == LIBDEFLATE_SUCCESS ? before + written : before);
        if (result == LIBDEFLATE_SUCCESS) text.remove_prefix(read);
        return result;
    }
}

}  // namespace

Coding coding_of(std::string_view content_encoding) noexcept {
    Coding found = Coding::none;
    while (!content_encoding.empty()) {
        const std::size_t comma = std::min(content_encoding.find(','), content_encoding.size());
        std::string_view word = content_encoding.substr(0, comma);
        content_encoding.remove_prefix(std::min(comma + 1, content_encoding.size()));
        word.remove_prefix(std::min(word.find_first_not_of(" \t"), word.size()));
        word = word.substr(0, word.find_last_not_of(" \t") + 1);
        const Coding coding = coding_of_word(word);
        if (coding == Coding::none) continue;
        found = found == Coding::none ? coding : Coding::other;
    }
    return found;
}

std::expected<std::string, std::string> inflated(std::string_view body, Coding coding,
                                                 std::size_t most) {
    const Decompressor with(libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    if (with == nullptr) return std::unexpected("no memory left");
    std::string made;
    libdeflate_result result = LIBDEFLATE_BAD_DATA;
    std::string_view rest = body;
    if (coding == Coding::gzip) {
        // A body may have several members, one after the other.
        do {
            result = take(libdeflate_gzip_decompress_ex, with.get(), rest, made, most);
        } while (result == LIBDEFLATE_SUCCESS && !rest.empty());
    } else {
        result = take(libdeflate_zlib_decompress_ex, with.get(), rest, made, most);
        if (result == LIBDEFLATE_BAD_DATA)
            result = take(libdeflate_deflate_decompress_ex, with.get(), rest, made, most);
        if (result == LIBDEFLATE_SUCCESS && !rest.empty()) result = LIBDEFLATE_BAD_DATA;
    }
    if (result == LIBDEFLATE_SUCCESS) return made;
    return std::unexpected(result == LIBDEFLATE_INSUFFICIENT_SPACE ? "is larger than the limit"
                                                                   : "is damaged or cut off");
}

}  // namespace vitals::wire
