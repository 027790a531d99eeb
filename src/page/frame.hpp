// Shared by all pages: head, sprite, menu, footer, and the headers of the answer; and the small
// pieces of pages.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "page/look.hpp"
#include "page/markup.hpp"

namespace vitals::page {

// A symbol of the sprite; screen readers read `label`.
void write_icon(Markup& out, char symbol, std::string_view label = {});
// The symbol in its colour: `<span class=F>...</span>`.
void write_shape(Markup& out, Shape shape, bool labelled = true);
// `<a href="...">name</a>`.
void write_link(Markup& out, const Look& look, std::string_view component);
// A component as a chip with its shape.
void write_chip(Markup& out, const Look& look, const Seen& seen);
// The opening of a section with its heading; `id` is also that of the heading, with `h-` before it.
void open_section(Markup& out, std::string_view id, std::string_view heading,
                  std::string_view beside = {});
// A form with one button that posts to an address below the root. `fields`: hidden ones.
void write_button(Markup& out, const Look& look, std::string_view address, std::string_view words,
                  const http::Pairs& fields = {}, bool prominent = false);
// The hidden fields of every form.
void write_hidden(Markup& out, const Look& look);

// The tab's icon as a URL.
std::string icon_url(char symbol);

struct Frame {
    std::string title;     // of the document
    char symbol = 'o';     // of the tab's icon
    std::string_view tab;  // of the menu, that it belongs to: `overview`; or empty
    bool live = true;      // has a stream
    bool open = false;     // the public page: nothing of the others
    Markup crumbs;         // where it stands
    Markup body;
    // The digests of the parts that the stream renews, by key.
    std::map<std::string, std::uint64_t> digests{};

    // Inserts one of these.
    Markup& part(std::string key, const Markup& markup) {
        digests[std::move(key)] = markup.digest();
        return body.add(markup);
    }
};
// What the page tells the stream about its content; empty if that would be too long.
std::string digests_text(const std::map<std::string, std::uint64_t>& digests);
http::Response whole_page(const Look& look, Frame frame, int status = 200);
// The footer of the pages for people of the service.
Markup footer_of(const Look& look);

// The headers of every answer that is a page.
void add_headers(http::Response& response);

}  // namespace vitals::page
