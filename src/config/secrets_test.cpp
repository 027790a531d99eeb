// Secrets' files: what is refused, and that rotation reaches every copy.
#include "config/secrets.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/sample_catalog.hpp"

namespace vitals::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// What the log is told, file by file.
std::vector<std::string> refresh(SecretStore& store) {
    std::vector<std::string> lines;
    for (const std::string& path : store.files())
        if (auto line = store.refresh(path)) lines.push_back(*std::move(line));
    return lines;
}

class SecretFiles : public testing::Test {
  protected:
    SecretFiles() {
        std::string name = testing::TempDir() + "/vitals-secrets-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    ~SecretFiles() override {
        for (const std::string& path : written_) ::unlink(path.c_str());
        ::rmdir(folder_.c_str());
    }
    std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) {
        const std::string path = folder_ + "/" + name;
        std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
        ::chmod(path.c_str(), mode);
        written_.push_back(path);
        return path;
    }
    static std::string refusal(const std::string& path) {
        auto secret = SecretStore().from_file(path);
        return secret ? "accepted" : secret.error();
    }

    std::string folder_;
    std::vector<std::string> written_;
};

TEST_F(SecretFiles, are_taken_without_one_trailing_newline) {
    SecretStore store;
    EXPECT_TRUE(store.from_file(write("a", "open sesame\n"))->equals("open sesame"));
    EXPECT_TRUE(store.from_file(write("b", "open sesame"))->equals("open sesame"));
    EXPECT_TRUE(store.from_file(write("c", " x \n\n"))->equals(" x \n"));
    EXPECT_TRUE(store.from_file(write("d", "x\r\n"))->equals("x"));
    EXPECT_TRUE(store.from_file(write("e", std::string(64 * 1024, 'x'))).has_value());
}

TEST_F(SecretFiles, are_refused_when_they_cannot_be_trusted) {
    EXPECT_EQ(refusal(folder_ + "/none"), "cannot be read: No such file or directory");
    EXPECT_EQ(refusal(folder_), "is a directory, expected a file");
    EXPECT_EQ(refusal(write("empty", "")), "is empty");
    EXPECT_EQ(refusal(write("newline", "\n")), "is empty");
    EXPECT_EQ(refusal(write("large", std::string(64 * 1024 + 1, 'x'))), "is larger than 64 KiB");
    EXPECT_EQ(refusal(write("open", "x", 0606)),
              "may be written by others (mode 0606), so it is not trusted; chmod o-w it");
    const std::string fifo = folder_ + "/fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    written_.push_back(fifo);
    EXPECT_EQ(refusal(fifo), "is not a regular file");
}

TEST_F(SecretFiles, cause_a_warning_when_others_may_read_them) {
    std::string warning;
    EXPECT_TRUE(SecretStore().from_file(write("a", "x", 0644), &warning));
    EXPECT_EQ(warning, "may be read by others (mode 0644); chmod o-r it");
    warning.clear();
    EXPECT_TRUE(SecretStore().from_file(write("b", "x", 0640), &warning));
    EXPECT_EQ(warning, "");
}

TEST_F(SecretFiles, rotate_in_every_copy) {
    SecretStore store;
    const std::string path = write("a", "first\n");
    const Secret secret = *store.from_file(path);
    const Secret copy = secret;
    SecretStore same_store = store;
    EXPECT_THAT(refresh(store), IsEmpty());
    // The same length within the same tick of the clock.
    write("a", "other\n");
    EXPECT_THAT(refresh(store),
                ElementsAre("secret file " + path + " has changed, the new value is in use"));
    EXPECT_TRUE(copy.equals("other"));
    EXPECT_TRUE(same_store.from_file(path)->equals("other"));
    EXPECT_THAT(refresh(store), IsEmpty());
}

TEST_F(SecretFiles, keep_their_last_value_while_they_cannot_be_read) {
    SecretStore store;
    const std::string path = write("a", "value");
    const Secret secret = *store.from_file(path);
    ::unlink(path.c_str());
    EXPECT_THAT(refresh(store),
                ElementsAre("secret file " + path +
                            " cannot be read: No such file or directory; its last value stays in "
                            "use"));
    EXPECT_THAT(refresh(store), IsEmpty()) << "said once";
    EXPECT_TRUE(secret.equals("value"));
    write("a", "value", 0666);
    EXPECT_EQ(refresh(store).size(), 1u);
    ::chmod(path.c_str(), 0600);
    EXPECT_THAT(refresh(store),
                ElementsAre("secret file " + path + " can be read again, unchanged"));
    EXPECT_TRUE(secret.equals("value"));
}

TEST_F(SecretFiles, are_reported_with_their_place_in_the_configuration) {
    const std::string readable = write("readable", "x", 0644);
    const std::string writable = write("writable", "x", 0602);
    const auto config =
        parse("tokens: {a: {secret: {file: " + readable + "}}}", "vitals.yaml", sample::catalog());
    ASSERT_TRUE(config);
    EXPECT_THAT(config->warnings,
                Contains("vitals.yaml:1:29: 'secret' is in the file " + readable +
                         ", which may be read by others (mode 0644); chmod o-r it"));
    const auto bad =
        parse("tokens: {a: {secret: {file: " + writable + "}}}", "vitals.yaml", sample::catalog());
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().at(0).text(),
              "vitals.yaml:1:29: 'secret' is in the file " + writable +
                  ", which may be written by others (mode 0602), so it is not trusted; chmod o-w "
                  "it");
}

TEST_F(SecretFiles, go_on_across_a_reload) {
    const std::string path = write("a", "first");
    SecretStore before;
    const Secret old = *before.from_file(path);
    write("a", "second");
    SecretStore after;
    const Secret fresh = *after.from_file(path);
    after.continue_from(before, false);
    EXPECT_TRUE(fresh.equals("second"));
    EXPECT_TRUE(fresh.accepts("first", std::chrono::hours(1), std::chrono::steady_clock::now()));
    EXPECT_TRUE(old.equals("first")) << "what still runs is not disturbed";
}

TEST(VaultSecrets, are_one_cell_for_each_reference) {
    const auto config = parse(R"(
vault: {url: "https://vault:8200/", token: xyzzy, namespace: shop}
tokens:
  a: {secret: {vault: "kv/shop/health#a"}, overlap: 5m}
  b: {secret: {vault: "kv/shop/health#b"}}
  c: {secret: {vault: "kv/shop/health#a"}}
)",
                              "vitals.yaml", sample::catalog());
    ASSERT_TRUE(config) << config.error().at(0).text();
    EXPECT_EQ(config->vault->url, "https://vault:8200");
    EXPECT_EQ(config->vault->interval, std::chrono::seconds(5));
    EXPECT_THAT(config->warnings, ElementsAre(HasSubstr("nothing is checked")));
    EXPECT_EQ(config->tokens.at(0).overlap, std::chrono::minutes(5));
    EXPECT_EQ(config->tokens.at(1).overlap, std::chrono::minutes(1));
    const auto secrets = config->secrets.vault_secrets();
    ASSERT_EQ(secrets.size(), 2u);
    EXPECT_EQ(secrets[0].path, "kv/shop/health");
    EXPECT_EQ(secrets[0].key, "a");
    EXPECT_EQ(secrets[0].option, "secret");
    EXPECT_EQ(secrets[0].position, (Position{4, 23}));
    const Secret& token = config->tokens.at(2).secret;
    EXPECT_TRUE(token.configured());
    EXPECT_FALSE(token.available());
    EXPECT_EQ(token.why_unavailable(), "kv/shop/health#a was not read from the vault yet");
    secrets[0].secret.replace("x");
    EXPECT_TRUE(token.equals("x"));
    EXPECT_TRUE(config->tokens.at(0).secret.equals("x"));

    SecretStore after, elsewhere;
    const Secret next = after.from_vault(*vault_reference("kv/shop/health#a"));
    after.continue_from(config->secrets, true);
    EXPECT_TRUE(next.equals("x")) << "the last value stays in use";
    const Secret other = elsewhere.from_vault(*vault_reference("kv/shop/health#a"));
    elsewhere.continue_from(config->secrets, false);
    EXPECT_FALSE(other.available()) << "another vault's values are not this one's";
}

TEST_F(SecretFiles, a_tls_key_is_guarded_like_a_secret) {
    const std::string certificate = write("crt", "x", 0644);
    const std::string key = write("key", "x", 0602);
    const auto bad =
        parse("listeners: [{address: '127.0.0.1:8443', tls: {certificate: " + certificate +
                  ", key: " + key + "}}]",
              "vitals.yaml", sample::catalog());
    ASSERT_FALSE(bad);
    EXPECT_EQ(bad.error().at(0).message,
              key + " may be written by others (mode 0602), so it is not trusted; chmod o-w it");
}

}  // namespace
}  // namespace vitals::config
