// Responses of IMAP and lines of POP3 on arbitrary bytes: taken in one piece or byte by byte they
// are the same, each makes the buffer shorter, and nothing is waited for beyond the limit.
#include "target.hpp"
#include "wire/imap.hpp"
#include "wire/pop3.hpp"

namespace vitals::fuzz {
namespace {

std::string shown(const wire::imap::Response& response) {
    (void)response.lists("STARTTLS");
    (void)wire::imap::figure_of(response, "MESSAGES");
    return response.tag + ' ' + response.status + " [" + response.code + "] " + response.text;
}

std::string shown_line(const std::string& line) {
    require(line.find('\n') == std::string::npos);
    const auto reply = wire::pop3::read_reply(line);
    return line + (reply ? "+" + reply->code : "-");
}

}  // namespace

void run(std::string_view bytes) {
    // One literal may be as long as a response.
    compare_pieces<wire::imap::take_response, shown>(bytes, 3 * wire::imap::longest_response);
    compare_pieces<wire::pop3::take_line, shown_line>(bytes, wire::pop3::longest_line);
}

}  // namespace vitals::fuzz
