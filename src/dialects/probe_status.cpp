// `probe_status`: tells load balancers whether this service takes part, and lets an operator take
// it out. GET answers 200 `OK`, or 503 with the text that was set; `POST ?body=TEXT` sets the text.
// Origin: lovely-ws-status. The server decides who sent a POST (Request::sender); the code that
// acts on Response::decommission keeps the state.
#include "dialects/dialect.hpp"
#include "dialects/mount.hpp"
#include "text/escape.hpp"

namespace vitals::dialects {

namespace {

struct Options {
    std::string control_from = "operator";
    bool compat = false;
};

constexpr Field fields[] = {
    field<&Options::control_from>(
        "control_from",
        "Who may decommission. `operator` needs a control listener or a token with `control`. "
        "`loopback` also accepts a request from this machine to a local name without a sign of a "
        "proxy or a browser; it cannot recognise a proxy that adds no header. `anyone` is the rule "
        "of the original.",
        {.choices = "operator|loopback|anyone"}),
    field<&Options::compat>("compat",
                            "Reproduces the original's quirks: PUT, PATCH and DELETE read like "
                            "GET, and the answer to OPTIONS has the text."),
};

constexpr std::string_view allowed = "GET, HEAD, POST, OPTIONS";
constexpr std::string_view text_type = "text/plain; charset=UTF-8";

Sender least_of(std::string_view control_from) {
    if (control_from == "anyone") return Sender::anyone;
    return control_from == "loopback" ? Sender::loopback : Sender::operator_;
}

Response refuse() {
    Response response;
    response.status = 403;
    response.content_type = text_type;
    response.body =
        "Forbidden: only an operator may change the probe status.\n"
        "Send the POST through a control listener, or with a token that has the right `control` "
        "(Authorization: Bearer TOKEN).\n";
    response.repeat_for = {};
    return response;
}

Response render(const Snapshot& snapshot, const Request& request, const Options& own) {
    Response response;
    response.content_type = text_type;
    if (request.method == "POST") {
        if (request.sender < least_of(own.control_from)) return refuse();
        const std::string* text = request.parameter("body");
        // A missing text recommissions; an empty one is a text other than OK.
        response.decommission = text == nullptr ? "OK" : text::plain_text(*text);
        response.body = *response.decommission;
        response.repeat_for = {};
        return response;
    }
    if (request.method != "GET" && !own.compat) return not_allowed(allowed);
    response.options_with_body = own.compat;
    const Decommission& state = snapshot.decommission;
    response.body =
        state.text == "OK" && state.draining ? "shutting down" : text::plain_text(state.text);
    if (state.active()) response.status = code_for(Status::failed, request, 503);
    return response;
}

}  // namespace

extern constinit const Dialect probe_status = make_dialect<Options, render>(
    "probe_status", "OK until an operator decommissions the service, then 503 with a text.", fields,
    {"/probe_status", "lovely-ws-status", "200 / 503 when decommissioned"},
    {.reads_query = true, .methods = allowed, .refuses = "PUT, PATCH, DELETE"});

}  // namespace vitals::dialects
