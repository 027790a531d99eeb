#include "wire/pattern.hpp"

#include <re2/re2.h>

namespace vitals::wire {

Pattern::Pattern(std::string_view text) {
    if (auto parsed = parse(text))
        *this = *std::move(parsed);
    else
        text_ = text;
}

std::expected<Pattern, std::string> Pattern::parse(std::string_view text) {
    Pattern pattern;
    pattern.text_ = text;
    if (text.size() < 3 || !text.starts_with('/') || !text.ends_with('/')) return pattern;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_never_capture(true);
    const std::string_view inner = text.substr(1, text.size() - 2);
    auto expression =
        std::make_shared<const re2::RE2>(re2::StringPiece(inner.data(), inner.size()), options);
    if (!expression->ok()) {
        return std::unexpected("is not a regular expression of RE2: " + expression->error());
    }
    pattern.expression_ = std::move(expression);
    return pattern;
}

bool Pattern::found_in(std::string_view text) const {
    if (expression_ == nullptr) return text.find(text_) != std::string_view::npos;
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *expression_);
}

std::string pattern_problem(std::string_view text) {
    const auto pattern = Pattern::parse(text);
    return pattern ? std::string() : pattern.error();
}

}  // namespace vitals::wire
