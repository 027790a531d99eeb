// Sqitch: https://sqitch.org/docs/manual/sqitchchanges/. A reworked change stands in the plan
// again, and is deployed again.
#include <map>
#include <utility>

#include "migration_files.hpp"
#include "migration_names.hpp"
#include "migration_tree.hpp"

namespace vitals::checks::migrations {

namespace {

std::string plan_below(Tree& tree, const std::string& path) {
    if (Tree::is_file(path)) return path;
    std::string found;
    tree.walk(path, [&](const Tree::Folder& folder) {
        if (!folder.has("sqitch.plan")) return true;
        const std::string plan = folder.path + "/sqitch.plan";
        if (!found.empty())
            throw blind("there are several plans: let `path` name one of them",
                        found + ", " + plan);
        found = plan;
        return true;
    });
    return found;
}

MigrationState compare(const SqitchPlan& plan, const std::vector<Row>& rows) {
    MigrationState state;
    std::map<std::string, std::size_t> deployed;
    for (const Row& row : rows)
        if (column(row, 1) == plan.project) ++deployed[column(row, 0)];
    for (const std::string& change : plan.changes) {
        std::size_t& left = deployed[change];
        if (left == 0) {
            state.pending.push_back(change);
        } else {
            --left;
            ++state.applied;
        }
    }
    for (const auto& [change, left] : deployed)
        if (left > 0) state.ahead.push_back(change);
    return state;
}

}  // namespace

MigrationFiles read_sqitch(const MigrationSearch& search) {
    if (search.paths.size() != 1) throw blind("`path` must be one: a plan, or where it is");
    Tree tree;
    const std::string path = plan_below(tree, Tree::absolute(search.paths.front()));
    constexpr std::string_view expected = "the directory that holds sqitch.plan, or that file";
    if (path.empty()) throw nothing_found("Sqitch", expected, search.paths);
    auto plan = parse_sqitch_plan(tree.read(path));
    if (!plan) throw blind("sqitch.plan is not understood: " + plan.error(), path);
    if (plan->changes.empty()) throw nothing_found("Sqitch", expected, search.paths);
    const std::size_t count = plan->changes.size();
    return {.count = count, .compare = [plan = *std::move(plan)](const std::vector<Row>& rows) {
                return compare(plan, rows);
            }};
}

}  // namespace vitals::checks::migrations
