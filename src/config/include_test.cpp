// A configuration of several files.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "config/config_testing.hpp"

namespace vitals::config {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// A folder with these files, the first of which is loaded.
struct Folder {
    explicit Folder(std::vector<std::pair<std::string, std::string>> files)
        : path(fs::path(testing::TempDir()) /
               testing::UnitTest::GetInstance()->current_test_info()->name()),
          first(path / files.front().first) {
        fs::remove_all(path);
        for (const auto& [name, content] : files) {
            fs::create_directories((path / name).parent_path());
            std::ofstream(path / name) << content;
        }
        fs::permissions(path, fs::perms(0700));
    }
    ~Folder() { fs::remove_all(path); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::expected<Config, Problems> load(const Variables& variables = {}) const {
        return config::load(first.string(), sample::catalog(), with(variables));
    }
    // Messages without the path of the folder.
    std::string without_place(std::string text) const {
        const std::string place = path.string() + "/";
        for (auto at = text.find(place); at != std::string::npos; at = text.find(place))
            text.erase(at, place.size());
        return text;
    }

    fs::path path, first;
};

std::vector<std::string> names_of(const Config& config) {
    std::vector<std::string> names;
    for (const ComponentConfig& one : config.components) names.push_back(one.component->name);
    return names;
}

TEST(Include, adds_the_sections_of_files_in_the_order_of_their_names) {
    const Folder folder(
        {{"vitals.yaml",
          "include: [conf.d/*.yaml, \"${MORE}\", none/*.yaml, '*.yaml']\n"
          "components: {web: {check: http, url: http://a/}}\n"
          "endpoints: [{dialect: svc_status, path: /first}]\n"},
         {"conf.d/20-b.yaml",
          "x-any: {thing: 1}\n"
          "components: {b: {check: disk, depends_on: [a, web]}}\n"
          "endpoints:\n  - {dialect: svc_status, path: /third, tokens: t, components: 'b'}\n"},
         {"conf.d/10-a.yaml",
          "components: {a: {check: disk}}\n"
          "endpoints:\n  - {dialect: svc_status, path: /second}\n"},
         {"conf.d/.hidden.yaml", "nonsense"},
         {"conf.d/30-empty.yaml", "# nothing\n"},
         {"more.yaml", "tokens: {t: {secret: x}}\nworkers: {w: {}}\n"}});
    const auto config = folder.load({{"MORE", "more.yaml"}});
    ASSERT_TRUE(config) << text_of(config.error());
    EXPECT_THAT(names_of(*config), ElementsAre("a", "b", "web"));
    EXPECT_THAT(config->tokens, SizeIs(1));
    EXPECT_THAT(config->workers, SizeIs(1));
    std::vector<std::string> paths;
    for (const EndpointConfig& one : config->endpoints)
        if (one.listed) paths.push_back(one.path);
    EXPECT_THAT(paths, ElementsAre("/first", "/second", "/third"));
    EXPECT_THAT(config->files, SizeIs(5));
    EXPECT_THAT(config->warnings, IsEmpty());
}

TEST(Include, is_one_list_with_only) {
    const Folder folder({{"vitals.yaml",
                          "include: more.yaml\ncomponents: {a: {check: disk}}\n"
                          "endpoints: {only: [{dialect: svc_status, path: /first}]}\n"},
                         {"more.yaml", "endpoints: [{dialect: svc_status, path: /second}]\n"}});
    const auto config = folder.load();
    ASSERT_TRUE(config) << text_of(config.error());
    ASSERT_THAT(config->endpoints, SizeIs(2));
    EXPECT_EQ(config->endpoints[1].path, "/second");
}

TEST(Include, warns_of_files_with_another_ending) {
    const Folder folder({{"vitals.yaml",
                          "include: ['*/*.yaml', c/x.yml]\n"
                          "components: {a: {check: disk}}\n"},
                         {"b/x.yml", "components: {b: {check: disk}}\n"},
                         {"c/x.yml", "components: {c: {check: disk}}\n"}});
    const auto config = folder.load();
    ASSERT_TRUE(config) << text_of(config.error());
    EXPECT_THAT(names_of(*config), ElementsAre("a", "c"));
    ASSERT_THAT(config->warnings, SizeIs(1));
    EXPECT_EQ(folder.without_place(config->warnings[0]),
              "vitals.yaml:1:11: b/x.yml is not read: '*/*.yaml' does not match its name");
}

TEST(Include, refuses_what_it_cannot_read) {
    const Folder folder({{"vitals.yaml", "include: [large.yaml, pipe.yaml]\n"},
                         {"large.yaml", std::string((16 << 20) + 1, '#')}});
    ASSERT_EQ(mkfifo((folder.path / "pipe.yaml").c_str(), 0600), 0);
    const auto config = folder.load();
    ASSERT_FALSE(config);
    EXPECT_EQ(folder.without_place(text_of(config.error())),
              "vitals.yaml:1:11: 'include' names large.yaml, which is larger than 16 MiB\n"
              "vitals.yaml:1:23: 'include' names pipe.yaml, which is not a regular file\n");
    EXPECT_EQ(problems("include: a.yaml\ncomponents: {a: {check: disk}}\n"),
              "vitals.yaml:1:10: 'include' names a.yaml, which cannot be read: No such file or "
              "directory\n");
}

TEST(Include, has_bounds_for_all_files_together) {
    std::vector<std::pair<std::string, std::string>> files{{"vitals.yaml", "include: '*.part'\n"}};
    for (int i = 1; i <= 5; ++i)
        files.emplace_back(std::to_string(i) + ".part",
                           std::string((16 << 20) - 1, '\n') + (i == 4 ? "{}" : "\n"));
    const Folder folder(files);
    const auto config = folder.load();
    ASSERT_FALSE(config);
    EXPECT_THAT(folder.without_place(text_of(config.error())),
                testing::HasSubstr("vitals.yaml:1:10: with 5.part the files are larger than 64 MiB "
                                   "together\n"));
}

TEST(Warnings, tell_of_a_password_in_a_file_that_others_may_read) {
    const Folder folder({{"vitals.yaml",
                          "include: more.yaml\ndefaults: {groups: {a: {password: abc}}}\n"
                          "components:\n"
                          "  a/1: {check: http, url: http://a/}\n"
                          "  a/2: {check: http, url: http://a/, password: \"${PASSWORD}\"}\n"
                          "  b: {check: http, url: http://a/, headers: {Accept: x, X-Token: y}}\n"},
                         {"more.yaml", "tokens: {t: {secret: {env: PASSWORD}}}\n"}});
    fs::permissions(folder.first, fs::perms(0644));
    fs::permissions(folder.path, fs::perms(0755));
    const auto config = folder.load({{"PASSWORD", "secret"}});
    ASSERT_TRUE(config) << text_of(config.error());
    EXPECT_THAT(config->warnings, SizeIs(1));
    EXPECT_EQ(folder.without_place(text_of({{"", {}, config->warnings.at(0)}})),
              ":1:1: vitals.yaml:2:35: a secret is written here as it is ('password' and 1 other "
              "place), and others may read this file; chmod o-r it, or write {file: PATH} or "
              "{env: NAME}\n");
    fs::permissions(folder.path, fs::perms(0750));
    EXPECT_THAT(folder.load({{"PASSWORD", "secret"}})->warnings, IsEmpty());
    fs::permissions(folder.path, fs::perms(0755));
    fs::permissions(folder.first, fs::perms(0640));
    EXPECT_THAT(folder.load({{"PASSWORD", "secret"}})->warnings, IsEmpty());
}

}  // namespace
}  // namespace vitals::config
