// Text for man(7), as groff and mandoc read it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace vitals::cli {

// A page that is being written.
class Roff {
  public:
    // `name` in capitals stands at the top of the page.
    Roff(std::string_view name, int section, std::string_view date, std::string_view version);

    void heading(std::string_view text);
    void subheading(std::string_view text);
    // Sentences, each on its own lines. Text in backquotes or angle brackets is plain text.
    void paragraph(std::string_view text);
    // A tag in bold, the rest of its line as it is, and its description.
    void tagged(std::string_view tag, std::string_view rest, std::string_view text);
    // Another paragraph about the tag above.
    void more(std::string_view text);
    // Lines as they stand.
    void verbatim(std::string_view text);
    // One line of roff, already escaped.
    void line(std::string_view roff);

    const std::string& text() const { return text_; }

  private:
    void flow(std::string_view text);
    void new_paragraph();  // after a heading there is one already
    std::string text_;
};

// Escapes every character with a meaning in roff; `-` becomes the one that readers can copy.
std::string roff_escaped(std::string_view text);
std::string bold(std::string_view text);
std::string italic(std::string_view text);

}  // namespace vitals::cli
