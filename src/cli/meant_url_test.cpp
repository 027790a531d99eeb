#include "cli/meant_url.hpp"

#include <gtest/gtest.h>

namespace vitals::cli {
namespace {

TEST(MeantUrl, of_a_host_names_what_usually_listens_there) {
    EXPECT_EQ(lacks_scheme("example.org"),
              "'example.org' is not a URL; did you mean https://example.org or "
              "tcp://example.org:PORT?");
    EXPECT_EQ(lacks_scheme("127.0.0.1:5432"),
              "'127.0.0.1:5432' has no scheme; did you mean postgresql://127.0.0.1:5432 or "
              "tcp://127.0.0.1:5432?");
    EXPECT_EQ(lacks_scheme("db.example.org:7000"),
              "'db.example.org:7000' has no scheme; did you mean tcp://db.example.org:7000 or "
              "http://db.example.org:7000?");
    EXPECT_EQ(lacks_scheme("databases/main"), "");
    EXPECT_EQ(lacks_scheme("disk"), "");
}

TEST(MeantUrl, of_an_unknown_scheme_is_what_to_write) {
    EXPECT_EQ(unknown_scheme("htp://x"), "htp://x: did you mean http://x?");
    EXPECT_EQ(unknown_scheme("localhost:8080"),
              "'localhost:8080' has no scheme; did you mean http://localhost:8080 or "
              "tcp://localhost:8080?");
    EXPECT_EQ(unknown_scheme("rabbitmq://u:secret@h/v"),
              "no kind of check takes 'rabbitmq://u:***@h/v'; did you mean amqp://u:***@h/v?");
    EXPECT_EQ(unknown_scheme("ftp://app:secret@h/db"),
              "'ftp' is not a kind of check yet; meanwhile 'tcp' with tcp://HOST:21 proves "
              "that the port answers, 'exec' runs a command of yours");
    EXPECT_EQ(unknown_scheme("postgresql+psycopg2://u@h/db"),
              "no kind of check takes 'postgresql+psycopg2://u@h/db'; write postgresql://");
}

TEST(MeantUrl, of_any_other_scheme_names_ten) {
    EXPECT_EQ(unknown_scheme("gopher://h/"),
              "no kind of check takes 'gopher://h/'; known are for example https:, http:, tcp:, "
              "tls:, postgresql:, redis:, amqp:, smtp:, memcached:, dns:; 'vitals kinds KIND' "
              "shows all");
}

}  // namespace
}  // namespace vitals::cli
