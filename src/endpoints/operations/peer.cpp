// POST /v1/peer
#include "endpoints/operations/answers.hpp"
#include "endpoints/peer_exchange.hpp"

namespace vitals::endpoints {
namespace {

Answered run(Call call) {
    auto exchange = read_peer_exchange(call.body);
    if (!exchange) return problem_answer(400, exchange.error(), call.path);
    if (!call.control.people.peer) return not_offered(call);
    call.control.people.peer(
        *std::move(exchange),
        [reply = std::move(call.reply), path = call.path](std::optional<PeerExchange> answer) {
            if (!answer)
                return reply(problem_answer(
                    409, "this vitals has no `peer`; say in its configuration who it is", path));
            http::Response response;
            response.content_type = "application/json";
            response.body = to_json(*answer);
            reply(std::move(response));
        });
    return {};
}

constexpr MemberSchema members[] = {
    {"rank", as_json(R"({"type":"integer","minimum":1})"), true},
    {"told", as_json(R"({"type":"array","maxItems":200,"description":"What receivers were told.",)"
                     R"("items":{"type":"object","properties":{"key":{"type":"string"},)"
                     R"("component":{"type":"string"},"open":{"type":"boolean"},)"
                     R"("receiver":{"type":"string"},"state":{"type":"string"},)"
                     R"("level":{"type":"string"},"serial":{"type":"integer"}},)"
                     R"("required":["key"]}})")},
    {"acknowledged",
     as_json(R"({"type":"array","maxItems":50,"description":"Open incidents that a person has.",)"
             R"("items":{"type":"object","properties":{"key":{"type":"string"},)"
             R"("by":{"type":"string"},"reason":{"type":"string"},"at_ms":{"type":"integer",)"
             R"("minimum":0}},"required":["key","at_ms"]}})")},
    {"holds", as_json(R"({"type":"array","description":"Messages that are leaving.",)"
                      R"("items":{"type":"string"}})")},
    {"claim", as_json(R"({"type":["object","null"],"description":"The message that the one who )"
                      R"(asks wants to send.","properties":{"key":{"type":"string"},)"
                      R"("receiver":{"type":"string"},"state":{"type":"string"},)"
                      R"("serial":{"type":"integer"}},"required":["key","receiver"]})")},
    {"granted", as_json(R"({"type":"boolean","description":"Of an answer: it may."})")}};
constexpr NamedSchema exchange{"PeerExchange",
                               [] { return object_schema(members, Members::open); }};
constexpr AnswerCase answers[] = {{400, "The body is not valid."},
                                  {409, "This vitals is no peer of anybody."}};

}  // namespace

extern constinit const Operation peer =
    make_operation("POST", "/v1/peer", "exchangeWithPeer",
                   "Two vitals that watch each other say what they told, and ask before they tell.",
                   {.right = Right::control,
                    .run = run,
                    .body = &exchange,
                    .answer = &exchange,
                    .answers = answers});

}  // namespace vitals::endpoints
