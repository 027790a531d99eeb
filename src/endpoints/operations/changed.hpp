// Shared by the changes of people: how their texts are read, and how they are answered.
#pragma once

#include <string>

#include "endpoints/operations/answers.hpp"

namespace vitals::endpoints {

inline constexpr std::size_t longest_line = 1024;   // bytes
inline constexpr std::size_t longest_author = 128;  // bytes
inline constexpr std::size_t longest_note = 4'096;  // bytes

inline constexpr std::string_view expected_line = "a text of 1 to 1024 bytes in one line";
inline constexpr std::string_view expected_author = "a name of 1 to 128 bytes in one line";

// Not empty, one line, at most this long. `text` has no control characters; blanks around it do not
// count.
bool is_line(std::string_view text, std::size_t longest) noexcept;
// The same, with several lines.
bool is_note(std::string_view text) noexcept;

// The state of the work on an incident of the board; for others, the first state.
NoteState present_state(const Board& board, std::string_view incident) noexcept;

template <auto member, std::size_t longest = longest_line, class T>
bool read_line(const boost::json::value& value, T& into) {
    if (!value.is_string()) return false;
    into.*member = as_view(value.get_string());
    return is_line(into.*member, longest);
}

template <class T>
constexpr BodyMember<T> author_member{
    {"by",
     as_json(R"({"type":"string","minLength":1,"maxLength":128,)"
             R"("description":"Who does it; else the token's name, or who it is at the other )"
             R"(end of a control socket."})")},
    expected_author,
    read_line<&T::by, longest_author, T>};

// The content of 200 and 201.
extern const NamedSchema changed_schema;

// A callback for the control seam that answers the call: with `status` (200 and 201 have the id of
// the new thing), or with what was wrong.
People::Done reply_with_change(Call& call, int status);

}  // namespace vitals::endpoints
