// Serves the page of vitals below the path of its endpoint: views, files, forms, the log-in, the
// stream. page/ makes what it shows. One per serving thread, used on that thread only.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "endpoints/gathering.hpp"
#include "endpoints/live_view.hpp"
#include "endpoints/plan.hpp"
#include "endpoints/sight.hpp"
#include "endpoints/visit.hpp"

namespace vitals::endpoints {

// A request below a page's path.
struct PageQuestion {
    const http::Head& head;
    http::Target& target;
    const Peer& peer;
    const Mounts::Found& found;
    std::string who;  // asks, for the log
};

class Pages {
  public:
    Pages(Shared& shared, const Access& access, KeptAnswers& kept, ServingLoop loop);

    void replace_routes(std::shared_ptr<const Routes> routes);
    void plan(PageQuestion question, Plan& plan);

  private:
    using Shown = std::shared_ptr<Visit>;
    // How an answer is sent.
    struct Manner {
        bool gzip = false;
        bool by_options = false;
        bool json = false;   // to a script: page.js
        std::string path{};  // as sent
    };
    struct KeptPage {
        http::Response response;
        std::uint64_t sight = 0;
        Steady at{};
    };

    // pages.cpp
    Visit visit(const PageQuestion& question, const Plan& plan) const;
    std::optional<http::Response> refusal(const PageQuestion& question, Visit& visit,
                                          const Manner& manner);
    void plan_stream(const PageQuestion& question, Visit visit, Plan& plan);
    std::optional<http::Response> show(const Shown& visit, const Manner& manner, Reply reply);
    http::Response rendered(Visit& visit, const Gathering::Found& found, const Manner& manner);
    page::Facts facts(Visit& visit);
    http::Response finished(http::Response response, const Manner& manner) const;
    void keep(const std::string& key, const http::Response& response);

    // page_forms.cpp
    struct Form {
        enum class Kind : std::uint8_t {
            run,
            ack,
            note,
            silence,
            unsilence,
            drain,
            recommission,
            login,
            logout
        };
        Kind kind;
        std::string subject;
    };
    static std::optional<Form> form_at(std::string_view rest);
    void plan_form(const PageQuestion& question, Form form, Visit visit, Plan& plan);
    std::optional<http::Response> carry_out(const Form& form, const Shown& visit,
                                            const Manner& manner, const http::Pairs& fields,
                                            const std::string& who, Reply reply);
    std::optional<http::Response> mute(const Shown& visit, const Manner& manner,
                                       const http::Pairs& fields, const std::string& next,
                                       Reply reply);
    http::Response log_in_by_form(Visit& visit, const Peer& peer, const http::Pairs& fields);
    static http::Response done(const Manner& manner, const std::string& next,
                               std::string_view done_word, std::string_view detail);
    http::Response problem(Visit& visit, const Manner& manner, int status, std::string_view detail);
    // A callback for a change that a person made.
    People::Done reply_with(const Shown& visit, const Manner& manner, std::string next,
                            std::string done_word, std::string detail, Reply reply);

    Shared& shared_;
    const Access& access_;
    KeptAnswers& kept_;
    const ServingLoop loop_;
    std::shared_ptr<const Routes> routes_;
    std::shared_ptr<const page::Public> open_;  // of these routes; or null
    Sight sight_;
    Gathering gathering_;
    LiveViews live_views_;
    std::map<std::string, KeptPage> pages_;  // what everybody may see
    std::size_t pages_bytes_ = 0;
};

}  // namespace vitals::endpoints
