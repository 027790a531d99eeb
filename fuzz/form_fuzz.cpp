// Cookies and forms of browsers, on arbitrary bytes.

#include "http/form.hpp"
#include "target.hpp"

namespace vitals::fuzz {
namespace {

using namespace vitals::http;

void check_cookie(std::string_view bytes) {
    const auto value = cookie_of(bytes, "vitals-8080");
    if (!value) return;
    // It points into the field, and no other cookie has come with it.
    require(value->empty() || (value->data() >= bytes.data() &&
                               value->data() + value->size() <= bytes.data() + bytes.size()));
    require(value->find(';') == std::string_view::npos);
    require(bytes.find("vitals-8080") != std::string_view::npos);
}

void check_form(std::string_view bytes) {
    const auto form = form_of(bytes, 16);
    if (!form) return;
    require(form->size() <= 16);
    std::size_t size = 0;
    for (const auto& [name, value] : *form) {
        require(name.find('\0') == std::string::npos && value.find('\0') == std::string::npos);
        require(value_of(*form, name) != nullptr);
        size += name.size() + value.size();
    }
    require(size <= bytes.size());
}

}  // namespace

void run(std::string_view bytes) {
    check_cookie(bytes);
    check_form(bytes);
}

}  // namespace vitals::fuzz
