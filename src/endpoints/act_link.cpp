#include "endpoints/act_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "endpoints/operations/changed.hpp"
#include "http/answer.hpp"
#include "http/form.hpp"
#include "text/escape.hpp"

namespace vitals::endpoints {
namespace {

using http::Response;

constexpr std::string_view methods = "GET, HEAD, POST";

Response page(int status, std::string_view headline, std::string_view rest) {
    Response response;
    response.status = status;
    response.content_type = "text/html; charset=utf-8";
    response.headers.emplace_back(
        "Content-Security-Policy",
        "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    response.headers.emplace_back("X-Robots-Tag", "noindex");
    response.body = fmt::format(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{0}</title>\n"
        "<meta name=viewport content=\"width=device-width\">\n"
        "<meta name=color-scheme content=\"light dark\">\n"
        "<meta name=robots content=noindex>\n<main>\n<h1>{0}</h1>\n{1}</main>\n",
        text::html(std::string(headline)), rest);
    return response;
}

Response sentence(int status, std::string_view headline, const std::string& text) {
    return page(status, headline, fmt::format("<p>{}</p>\n", text::html(text)));
}

// What is wrong, in few words: the names of the causes, then their details.
std::string about(const IncidentRecord& incident) {
    return fmt::format("{}: {}", fmt::join(incident.roots, ", "), incident.title);
}

Response form(const IncidentRecord& incident) {
    std::string rest = fmt::format("<p>{}</p>\n", text::html(about(incident)));
    if (incident.acknowledged)
        rest += fmt::format("<p>Acknowledged by {}.</p>\n", text::html(incident.acknowledged->by));
    rest +=
        "<form method=post>\n<fieldset>\n<legend>What is to be done?</legend>\n"
        "<p><label><input type=radio name=what value=ack required> Acknowledge: somebody has it, "
        "nobody is reminded until it recovers</label></p>\n"
        "<p><label><input type=radio name=what value=1h> Silence its causes for 1 hour</label></p>"
        "\n<p><label><input type=radio name=what value=4h> Silence its causes for 4 hours</label>"
        "</p>\n</fieldset>\n"
        "<p><label>Your name <input name=by required maxlength=64 autocomplete=name></label></p>\n"
        "<p><button>Do it</button></p>\n</form>\n";
    return page(200, "An incident", rest);
}

std::string text_of(const http::Pairs& fields, std::string_view name) {
    const std::string* value = http::value_of(fields, name);
    return value == nullptr ? std::string() : *value;
}

Response done(const Changed& changed, const std::string& what) {
    if (!changed.problem.empty())
        return sentence(changed.over ? 410 : 422, "It was not done", changed.problem);
    return sentence(
        200, "Done",
        changed.durable ? what : what + " It is not on disk yet; vitals goes on trying.");
}

std::optional<Response> act(const Shared& shared, const ActLink& link,
                            const IncidentRecord& incident, const std::string& body, Reply reply) {
    const auto fields = http::form_of(body);
    const std::string what = fields ? text_of(*fields, "what") : std::string();
    const std::string name = fields ? text_of(*fields, "by") : std::string();
    constexpr std::size_t longest_name = 64;
    if (!is_line(name, longest_name))
        return sentence(400, "It was not done", "Say who you are: a name of one line.");
    const std::string by = fmt::format("{}, link of {}", name, link.receiver);
    const People& people = shared.control.people;
    if (what == "ack") {
        people.acknowledge(link.incident, by, {},
                           [reply = std::move(reply)](const Changed& changed) {
                               reply(done(changed, "It is acknowledged. Its recovery is told."));
                           });
        return {};
    }
    if (what != "1h" && what != "4h")
        return sentence(400, "It was not done", "Choose what is to be done.");
    People::NewMute mute;
    mute.match = incident.roots;
    mute.until = shared.clock.system() + std::chrono::hours(what == "1h" ? 1 : 4);
    const std::string until = rfc3339(mute.until).substr(11, 5);  // hours and minutes
    mute.by = by;
    mute.reason = "by the link of a message";
    people.mute(std::move(mute), [reply = std::move(reply), what, until](const Changed& changed) {
        reply(done(changed, fmt::format("Its causes are silenced for {}, until {} UTC. They are "
                                        "checked and shown as before.",
                                        what == "1h" ? "1 hour" : "4 hours", until)));
    });
    return {};
}

}  // namespace

void plan_act_link(Shared& shared, const http::Head& head, const http::Target& target, Plan& plan) {
    plan.label = "/a/";
    const bool reads = head.method == "GET" || head.method == "HEAD";
    if (!reads && head.method != "POST") {
        plan.response = http::plain_answer(405, {});
        plan.response->headers.emplace_back("Allow", methods);
        return;
    }
    const std::string_view token = std::string_view(target.raw_path).substr(act_link_path.size());
    const auto link = shared.control.people.act_link(token);
    const auto board = shared.hub.board();
    const IncidentRecord* incident = link ? board->find(link->incident) : nullptr;
    if (!link || link->expired || incident == nullptr || incident->closed) {
        plan.response = !link || link->expired || incident == nullptr
                            ? sentence(410, "This link is not valid any more",
                                       "A link lasts for 24 hours. The page of vitals shows what "
                                       "is open.")
                            : sentence(410, "It is over", about(*incident) + " has recovered.");
        return;
    }
    if (reads) {
        plan.response = form(*incident);
        return;
    }
    plan.reads_body = true;
    plan.action = [&shared, link = *link, board, incident](const std::string& body,
                                                           const Reply& reply) {
        return act(shared, link, *incident, body, reply);
    };
}

}  // namespace vitals::endpoints
