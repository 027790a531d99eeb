// bash runs the script, as when a user presses the tab key.
#include "cli/completion.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace vitals::cli {
namespace {

using Words = std::set<std::string>;

std::string output_of(const std::string& command) {
    std::string output;
    std::array<char, 4096> buffer{};
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return output;
    while (const auto count = fread(buffer.data(), 1, buffer.size(), pipe)) {
        output.append(buffer.data(), count);
    }
    pclose(pipe);
    return output;
}

class Bash : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = std::filesystem::temp_directory_path() / "vitals-completion-XXXXXX";
        ASSERT_NE(mkdtemp(name.data()), nullptr);
        directory_ = name;
        std::ofstream(directory_ / "script") << bash_completion(grammar());
        // A program that answers what the script asks for.
        std::ofstream(directory_ / "vitals") << "#!/bin/sh\n[ \"$2\" = names ] && printf "
                                                "'disk\\ndatabases/main\\nmedia storage\\n'\n"
                                                "[ \"$2\" = kinds ] && printf 'tcp\\ntls\\n'\n";
        std::filesystem::permissions(directory_ / "vitals", std::filesystem::perms::owner_all);
        std::ofstream(directory_ / "my file.yaml") << "x";
    }
    void TearDown() override { std::filesystem::remove_all(directory_); }

    // The offers for the last of these words.
    Words offered(const std::string& words) {
        const auto output = output_of("cd '" + directory_.string() +
                                      "' && PATH=.:$PATH bash -c '. ./script; compopt() { :; }; "
                                      "COMP_WORDS=(vitals " +
                                      words +
                                      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _vitals; "
                                      "printf \"%s\\n\" \"${COMPREPLY[@]}\"' 2>&1");
        Words result;
        std::istringstream lines(output);
        for (std::string line; std::getline(lines, line);) {
            if (!line.empty()) result.insert(line);
        }
        return result;
    }

    std::filesystem::path directory_;
};

TEST_F(Bash, completes_commands) {
    EXPECT_EQ(offered("re"), (Words{"recommission", "reload", "remove", "replay"}));
    EXPECT_EQ(offered("s"), (Words{"schema", "serve", "silence", "status"}));
    EXPECT_EQ(offered("\"\"").size(), grammar().subcommands.size());
}

TEST_F(Bash, completes_every_option_of_every_command) {
    for (const auto& sub : grammar().subcommands) {
        Words names;
        for (const auto& option : sub.options)
            names.insert(option.names.begin(), option.names.end());
        EXPECT_EQ(offered(sub.name.substr(7) + " -"), names) << sub.name;
    }
    EXPECT_EQ(offered("--ver"), (Words{"--version"}));
}

TEST_F(Bash, completes_choices) {
    EXPECT_EQ(offered("check --format \"\""), (Words{"json", "nagios", "table"}));
    EXPECT_EQ(offered("status -f j"), (Words{"json"}));
    EXPECT_EQ(offered("check --format = t"), (Words{"table"}));
    EXPECT_EQ(offered("check --format ="), (Words{"json", "nagios", "table"}));
    EXPECT_EQ(offered("serve --log-level w"), (Words{"warning"}));
    EXPECT_EQ(offered("completion \"\""), (Words{"bash", "fish", "zsh"}));
    EXPECT_EQ(offered("--color n"), (Words{"never"}));
}

TEST_F(Bash, completes_files) {
    EXPECT_EQ(offered("check -c my"), (Words{"my file.yaml"}));
}

TEST_F(Bash, completes_names) {
    EXPECT_EQ(offered("check d"), (Words{"databases/main", "disk"}));
    EXPECT_EQ(offered("check -c x med"), (Words{"media\\ storage"}));
    EXPECT_EQ(offered("status disk dat"), (Words{"databases/main"}));
    EXPECT_EQ(offered("heartbeat dis"), (Words{"disk"}));
    EXPECT_EQ(offered("kinds t"), (Words{"tcp", "tls"}));
    EXPECT_EQ(offered("schema \"\""), Words{});
}

TEST(Completion, of_the_other_shells_knows_every_option_and_choice) {
    const auto zsh = zsh_completion(grammar());
    const auto fish = fish_completion(grammar());
    for (const auto& sub : grammar().subcommands) {
        const auto name = sub.name.substr(7);
        EXPECT_TRUE(zsh.contains("\n                " + name + ")\n")) << name;
        EXPECT_TRUE(fish.contains(" -a " + name + " -d ")) << name;
        for (const auto& option : sub.options) {
            const auto longest = option.names.back().substr(2);
            EXPECT_TRUE(zsh.contains("--" + longest)) << longest;
            EXPECT_TRUE(fish.contains(" -l " + longest)) << longest;
        }
    }
    EXPECT_TRUE(zsh.contains("(table json nagios)"));
    EXPECT_TRUE(fish.contains("-a 'table json nagios'"));
}

TEST(Completion, is_syntax_that_its_shell_accepts) {
    const auto accepted = [](const std::string& shell, const std::string& script) {
        const auto file = std::filesystem::temp_directory_path() /
                          ("vitals-completion-syntax-" + std::to_string(getpid()));
        std::ofstream(file) << script;
        if (output_of("command -v " + shell).empty()) return std::string("no such shell here");
        const auto complaints = output_of(shell + " -n '" + file.string() + "' 2>&1");
        std::filesystem::remove(file);
        return complaints;
    };
    EXPECT_EQ(accepted("bash", bash_completion(grammar())), "");
    for (const auto& [shell, script] : {std::pair{"zsh", zsh_completion(grammar())},
                                        std::pair{"fish", fish_completion(grammar())}}) {
        const auto complaints = accepted(shell, script);
        EXPECT_TRUE(complaints.empty() || complaints == "no such shell here") << complaints;
    }
}

}  // namespace
}  // namespace vitals::cli
