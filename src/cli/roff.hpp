// Text for man(7), as groff and mandoc read it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals::cli {

// A page as it grows.
class Roff {
  public:
    // `name` in capitals stands at the top of the page.
    Roff(std::string_view name, int section, std::string_view date, std::string_view version);

    void heading(std::string_view text);
    void subheading(std::string_view text);
    // Sentences, each on lines of its own; what stands in backquotes or angle brackets is as any
    // other text.
    void paragraph(std::string_view text);
    // A tag in bold, with the rest of its line as it is, and what is said of it.
    void tagged(std::string_view tag, std::string_view rest, std::string_view text);
    // Another paragraph of what is said of the tag above.
    void more(std::string_view text);
    // Lines as they stand.
    void verbatim(std::string_view text);
    // One line of roff, escaped already.
    void line(std::string_view roff);

    const std::string& text() const { return text_; }

  private:
    void flow(std::string_view text);
    void new_paragraph();  // below a heading one has begun already
    std::string text_;
};

// No character of it is taken for roff's own; `-` is the one that one can copy.
std::string roff_escaped(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);

}  // namespace vitals::cli
