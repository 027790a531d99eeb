// The shared head, style and badges of HTML answers. The style is inline and allowed by its hash,
// which is computed once from the sent bytes.
#include "dialects/document.hpp"

#include <openssl/evp.h>

#include <array>

#include "text/escape.hpp"

namespace vitals::dialects {

namespace {

constexpr std::string_view style = R"css(
:root{color-scheme:light dark;--bg:#f4f5f7;--card:#fff;--ink:#1a1f26;--soft:#57606a;--line:#dde1e6;
--ok:#0f6b2f;--ok-bg:#dcf5e3;--degraded:#7c4a03;--degraded-bg:#fdefc8;--failed:#a5102a;
--failed-bg:#fde1e2;--unknown:#3f4853;--unknown-bg:#e4e8ed;--link:#0b57c2}
@media (prefers-color-scheme:dark){:root{--bg:#0e1217;--card:#171c23;--ink:#e7ebf0;--soft:#9ba5b1;
--line:#2b323c;--ok:#5fd68a;--ok-bg:#12301d;--degraded:#f0bd52;--degraded-bg:#372a08;
--failed:#ff9492;--failed-bg:#451519;--unknown:#b9c2cc;--unknown-bg:#2a313a;--link:#7ab4ff}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1.5rem 1.25rem 3rem;background:var(--bg);
color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
overflow-wrap:anywhere}
h1,h2,p,ul,table{margin:0}
a{color:var(--link)}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px;
border-radius:4px}
.service{font-weight:600;margin-bottom:.75rem}
.service span{font-weight:400;color:var(--soft);margin-left:.4em}
.band{border-radius:14px;padding:1.25rem 1.5rem;border:1px solid;display:grid;
grid-template-columns:auto 1fr;column-gap:1.1rem;align-items:center}
.band .symbol{font-size:2.4rem;line-height:1;grid-row:span 2;width:1.2em;text-align:center}
.band h1{font-size:1.55rem;line-height:1.25;grid-column:2}
.band p{grid-column:2}
.band.ok{background:var(--ok-bg);color:var(--ok)}
.band.degraded{background:var(--degraded-bg);color:var(--degraded)}
.band.failed{background:var(--failed-bg);color:var(--failed)}
.band.unknown{background:var(--unknown-bg);color:var(--unknown)}
section{margin-top:1.75rem}
h2{font-size:1.05rem;margin-bottom:.5rem;display:flex;gap:.75rem;align-items:baseline;
justify-content:space-between}
h2 small{font-weight:400;font-size:.85rem;color:var(--soft)}
.badge{display:inline-flex;gap:.4em;align-items:center;padding:.05rem .6rem .1rem .5rem;
border-radius:99px;font-size:.85rem;font-weight:600;white-space:nowrap}
.badge i{font-style:normal;width:1em;text-align:center}
.badge.ok{color:var(--ok);background:var(--ok-bg)}
.badge.degraded{color:var(--degraded);background:var(--degraded-bg)}
.badge.failed{color:var(--failed);background:var(--failed-bg)}
.badge.unknown{color:var(--unknown);background:var(--unknown-bg)}
.wrong{list-style:none;padding:0;display:grid;gap:.6rem}
.wrong>li{background:var(--card);border:1px solid var(--line);border-left-width:5px;
border-radius:10px;padding:.7rem 1rem}
.wrong>li.failed{border-left-color:var(--failed)}
.wrong>li.degraded{border-left-color:var(--degraded)}
.wrong>li.unknown{border-left-color:var(--unknown)}
.wrong b{margin:0 .5rem}
.wrong p,.detail{color:var(--soft);font-size:.92rem}
.wrong p.detail{color:var(--ink);margin-top:.2rem}
summary{cursor:pointer;color:var(--link);font-size:.92rem;padding:.15rem 0}
details ul{margin:.3rem 0 0;padding-left:1.2rem;font-size:.92rem}
table{width:100%;table-layout:fixed;border-collapse:separate;border-spacing:0;background:var(--card);
border:1px solid var(--line);border-radius:10px}
th,td{text-align:left;vertical-align:top;padding:.5rem .8rem;border-top:1px solid var(--line);
font-weight:400}
thead th{border-top:0;color:var(--soft);font-size:.8rem;padding-top:.4rem;padding-bottom:.35rem}
th.status,td.status{width:8.4rem}
th.figure,td.figure{text-align:right;white-space:nowrap;width:6.5rem;
font-variant-numeric:tabular-nums}
tbody th{font-weight:500}
tbody th .detail{display:block;font-weight:400}
details table{margin-top:.4rem}
.quiet thead th{padding-top:0;padding-bottom:0;border:0;font-size:0;line-height:0}
.quiet tbody tr:first-child>*{border-top:0}
footer{margin-top:2rem;color:var(--soft);font-size:.88rem;display:flex;flex-wrap:wrap;
gap:.25rem 1.2rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}
@media (max-width:34rem){body{padding:1rem .75rem 2rem}.band{padding:1rem;column-gap:.8rem}
.band h1{font-size:1.25rem}.band .symbol{font-size:1.9rem}th,td{padding:.45rem .55rem}
table,tbody,th,td{display:block;border:0}
table{border:1px solid var(--line)}thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{display:grid;grid-template-columns:1fr auto auto;gap:.1rem .9rem;padding:.55rem .75rem;
border-top:1px solid var(--line)}tbody tr:first-child{border-top:0}
tbody th,tbody td{padding:0}tbody th{grid-row:2;grid-column:1/-1}
th.status,td.status,th.figure,td.figure{width:auto}
td.figure{font-size:.85rem;color:var(--soft)}
td.took:not(.none)::before{content:"took "}td.age:not(.none)::before{content:"age "}
td.none{display:none}td.age,td.heard{grid-column:3}
h2{flex-wrap:wrap}}
@media (forced-colors:active){.badge,.band{border:1px solid}}
@media print{body{background:none}details>*{display:block}}
)css";

std::string style_hash() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    EVP_Digest(style.data(), style.size(), digest.data(), &length, EVP_sha256(), nullptr);
    std::array<unsigned char, 4 * (EVP_MAX_MD_SIZE + 2) / 3 + 1> text{};
    const int written = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(length));
    return {text.begin(), text.begin() + written};
}

// The tab's icon: a disc in the status' colour with its symbol.
constexpr PerStatus<std::string_view> icon_colour{"%231a8a42", "%23c47f0a", "%23c8213b",
                                                  "%23656f7a"};

}  // namespace

std::string document_head(std::string_view title, Status status) {
    std::string out =
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>";
    text::append_html(out, title);
    out +=
        "</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n"
        "<link rel=\"icon\" href=\"data:image/svg+xml,"
        "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
        "%3Ccircle cx='8' cy='8' r='7' fill='";
    out += icon_colour(status);
    out += "'/%3E%3Ctext x='8' y='12' font-size='11' text-anchor='middle' fill='%23fff'%3E";
    out += symbol(status);
    out += "%3C/text%3E%3C/svg%3E\">\n<style>";
    out += style;
    out += "</style>\n</head>\n<body>\n";
    return out;
}

void as_document(Response& response) {
    static const std::string policy = "default-src 'none'; style-src 'sha256-" + style_hash() +
                                      "'; img-src data:; base-uri 'none'; form-action 'none'; "
                                      "frame-ancestors 'none'";
    response.content_type = "text/html; charset=utf-8";
    response.headers.emplace_back("Content-Security-Policy", policy);
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
}

std::string status_mark(Status status) {
    std::string out = "<span class=\"badge ";
    out += to_string(status);
    out += "\"><i aria-hidden=\"true\">";
    out += symbol(status);
    out += "</i>";
    out += to_string(status);
    return out + "</span>";
}

void open_table(std::string& out, std::string_view caption, std::span<const Column> columns) {
    out += "<table role=\"table\"><caption class=\"hidden\">";
    text::append_html(out, caption);
    out += "</caption><thead role=\"rowgroup\"><tr role=\"row\">";
    for (const Column& column : columns) {
        out += "<th role=\"columnheader\" scope=\"col\" class=\"";
        out += column.css;
        out += "\">";
        out += column.title;
        out += "</th>";
    }
    out += "</tr></thead><tbody role=\"rowgroup\">\n";
}

void open_row(std::string& out, Status status, std::string_view name, std::string_view detail) {
    out += "<tr role=\"row\"><td role=\"cell\" class=\"status\">" + status_mark(status);
    out += "</td><th role=\"rowheader\" scope=\"row\">";
    text::append_html(out, name);
    if (!detail.empty()) {
        out += " <span class=\"detail\">";
        text::append_html(out, detail);
        out += "</span>";
    }
    out += "</th>";
}

void cell(std::string& out, std::string_view css, std::string_view text) {
    out += "<td role=\"cell\" class=\"figure ";
    out += css;
    out += text.empty() ? " none\">\u2013" : "\">";
    text::append_html(out, text);
    out += "</td>";
}

}  // namespace vitals::dialects
