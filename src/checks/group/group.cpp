#include "group.hpp"

#include "text/prose.hpp"

namespace vitals::checks::group {

namespace {

Verified verify(const Options& options) {
    if (options.of.empty() == options.workers.empty())
        return std::unexpected(
            "a group has either 'of', its components, or 'workers', a group of "
            "workers");
    if (!options.workers.empty() && options.need.is_relative())
        return std::unexpected(
            "need must be a number, such as '2 of 3': which workers there "
            "should be is not known otherwise");
    return {};
}

constexpr Field fields[] = {
    field<&Options::of>("of", "The members: names with * and ?, tag:NAME or kind:NAME; ! excludes.",
                        {.refers = "components", .example = "caches/*"}),
    field<&Options::workers>("workers", "Instead of `of`: the workers of this group.",
                             {.refers = "workers"}),
    field<&Options::need>("need", "How many of them must be well.", {.example = "2 of 3"}),
};

constexpr std::string_view proves = R"(
    Nothing by itself: the group says whether enough of its members are well, from the
    same snapshot that shows them. Unknown members count neither as well nor as failed.
    The group depends on its members, so their failure is its cause.)"_prose;

}  // namespace

const Kind kind = make_kind<Options, fields, nullptr, verify>(
    "group", "Judges a group by how many of its members are well.", {.proves = proves});

}  // namespace vitals::checks::group
