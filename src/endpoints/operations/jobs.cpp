// POST /v1/jobs/{name}/start, /end, /log
#include <chrono>
#include <cmath>

#include "endpoints/operations/answers.hpp"
#include "endpoints/operations/changed.hpp"
#include "model/name.hpp"

namespace vitals::endpoints {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_run = 128;
constexpr std::size_t longest_output = 16'384;

Answered pass_on(Call call, JobEvent event) {
    event.job = call.names[0];
    if (const std::string problem = name_problem(event.job); !problem.empty())
        return problem_answer(400, "the job's name " + problem, call.path);
    if (!call.control.job) return not_offered(call);
    call.control.job(std::move(event), reply_with_outcome(call));
    return {};
}

template <const auto& members, JobEvent::What what>
Answered run(Call call) {
    JobEvent event;
    event.what = what;
    if (!call.body.empty() || what == JobEvent::What::log)
        if (const auto problem = read_body<members>(call.body, event))
            return refuse(call, *problem);
    return pass_on(std::move(call), std::move(event));
}

bool read_exit_code(const json::value& value, JobEvent& event) {
    if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > 255) return false;
    event.exit_code = static_cast<int>(value.get_int64());
    return true;
}

bool read_took(const json::value& value, JobEvent& event) {
    if (!value.is_number()) return false;
    const double seconds = value.to_number<double>();
    if (!(seconds >= 0 && seconds < 1e9)) return false;
    event.took = std::chrono::milliseconds(std::llround(seconds * 1e3));
    return true;
}

bool read_output(const json::value& value, JobEvent& event) {
    if (!value.is_string() || value.get_string().size() > longest_output) return false;
    event.output = as_view(value.get_string());
    return true;
}

constexpr BodyMember<JobEvent> run_member{
    {"run",
     as_json(
         R"({"type":"string","minLength":1,"maxLength":128,)"
         R"("description":"Tells runs of the job apart, so that an end belongs to its start."})")},
    "a text of 1 to 128 bytes in one line",
    read_line<&JobEvent::run, longest_run, JobEvent>};
constexpr MemberSchema output_schema{
    "output", as_json(R"({"type":"string","maxLength":16384,)"
                      R"("description":"The last lines; 4 KiB of them are kept. Private."})")};
constexpr std::string_view expected_output = "a text of at most 16384 bytes";
constexpr MemberSchema required_output{output_schema.name, output_schema.schema, true};

constexpr BodyMember<JobEvent> start_members[] = {run_member};
constexpr BodyMember<JobEvent> end_members[] = {
    run_member,
    {{"exit_code", as_json(R"({"type":"integer","minimum":0,"maximum":255,"default":0,)"
                           R"("description":"0: it ended well. Anything else is failed."})")},
     "a whole number from 0 to 255",
     read_exit_code},
    {{"how", as_json(R"({"type":"string","minLength":1,"maxLength":1024,)"
                     R"("description":"How it ended badly, where an exit code does not say it. )"
                     R"(Public."})")},
     expected_line,
     read_line<&JobEvent::how, longest_line, JobEvent>},
    {{"took", as_json(R"({"type":"number","minimum":0,)"
                      R"("description":"Seconds that the run took, by the sender's clock."})")},
     "a number of seconds",
     read_took},
    {output_schema, expected_output, read_output}};
constexpr BodyMember<JobEvent> log_members[] = {run_member,
                                                {required_output, expected_output, read_output}};

constexpr NamedSchema start_body{"JobStart", schema_of<start_members, Members::closed>};
constexpr NamedSchema end_body{"JobEnd", schema_of<end_members, Members::closed>};
constexpr NamedSchema log_body{"JobLog", schema_of<log_members, Members::closed>};

constexpr AnswerCase answers[] = {{204, "It was taken."},
                                  {400, "The name or the body is not valid."},
                                  {404, "There is no component of this name."},
                                  {409, "The component is no job."},
                                  {413, "The body is larger than is accepted."}};

}  // namespace

extern constinit const Operation job_start =
    make_operation("POST", "/v1/jobs/{name}/start", "startJob",
                   "A run of a job begins. This changes no status, unless another run goes on.",
                   {.parameters = component_parameter,
                    .right = Right::push,
                    .run = run<start_members, JobEvent::What::start>,
                    .body = &start_body,
                    .body_required = false,
                    .answers = answers});

extern constinit const Operation job_end = make_operation(
    "POST", "/v1/jobs/{name}/end", "endJob", "A run of a job has ended; without a body, well.",
    {.parameters = component_parameter,
     .right = Right::push,
     .run = run<end_members, JobEvent::What::end>,
     .body = &end_body,
     .body_required = false,
     .answers = answers});

extern constinit const Operation job_log =
    make_operation("POST", "/v1/jobs/{name}/log", "logJob",
                   "Lines of a run that goes on. They are shown with how it ends.",
                   {.parameters = component_parameter,
                    .right = Right::push,
                    .run = run<log_members, JobEvent::What::log>,
                    .body = &log_body,
                    .answers = answers});

}  // namespace vitals::endpoints
