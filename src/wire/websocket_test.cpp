#include "wire/websocket.hpp"

#include <gtest/gtest.h>

namespace vitals::wire::websocket {
namespace {

Client made() {
    Handshake handshake{.target = "/chat", .host = "server.example.com"};
    const std::string nonce = "the sample nonce";  // RFC 6455, section 1.3
    std::copy(nonce.begin(), nonce.end(), handshake.nonce.begin());
    return {handshake, [] { return std::uint32_t{0x37fa213d}; }};
}

const std::string accepted =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

std::vector<std::string> drain(Client& client) {
    std::vector<std::string> all;
    for (;;) {
        const auto event = client.next();
        if (!event) {
            all.push_back("! " + event.error().detail);
            return all;
        }
        if (!*event) return all;
        constexpr const char* names[] = {"opened", "pong ", "message ", "closed "};
        std::string text = names[static_cast<int>((*event)->what)] + (*event)->data;
        if ((*event)->code != 0) text += std::to_string((*event)->code);
        all.push_back(std::move(text));
    }
}

std::string after_opening(const std::string& bytes) {
    Client client = made();
    client.receive(accepted + bytes);
    const auto all = drain(client);
    return all.size() < 2 ? std::string("nothing") : all.back();
}

TEST(Websocket, knows_the_answer_to_the_sample_key) {
    EXPECT_EQ(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    Client client = made();
    EXPECT_EQ(client.take_output(),
              "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
              "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              "Sec-WebSocket-Version: 13\r\n\r\n");
}

TEST(Websocket, masks_as_the_samples_of_the_specification) {
    Client client = made();
    client.take_output();
    client.say("Hello");  // section 5.7
    EXPECT_EQ(client.take_output(), "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    client.say(std::string(200, 'x'));
    EXPECT_EQ(client.take_output().substr(0, 4), std::string("\x81\xfe\x00\xc8", 4));
    client.close();
    EXPECT_EQ(client.take_output().substr(0, 2), "\x88\x82");
}

TEST(Websocket, reads_frames_wherever_they_are_split) {
    const std::string whole =
        accepted + std::string("\x81\x05Hello\x01\x03Hel\x89\x05Hello\x80\x02lo\x8a\x01p", 26) +
        std::string("\x82\x7e\x00\xc8", 4) + std::string(200, 'b') +
        std::string("\x88\x04\x03\xe8OK");
    const std::vector<std::string> wanted{"opened",
                                          "message Hello",
                                          "message Hello",
                                          "pong p",
                                          "message " + std::string(200, 'b'),
                                          "closed OK1000"};
    for (std::size_t split = 0; split <= whole.size(); ++split) {
        Client client = made();
        client.take_output();
        client.receive(whole.substr(0, split));
        auto all = drain(client);
        client.receive(whole.substr(split));
        for (auto& each : drain(client)) all.push_back(std::move(each));
        ASSERT_EQ(all, wanted) << split;
        // The ping was answered with its own payload.
        EXPECT_EQ(client.take_output(), "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    }
}

TEST(Websocket, has_limits) {
    EXPECT_EQ(after_opening("\xc1\x01x"), "! frame with reserved bits");
    EXPECT_EQ(after_opening("\x81\x81xxxxx"), "! masked frame from the server");
    EXPECT_EQ(after_opening("\x89\x7e"), "! control frame too large");
    EXPECT_EQ(after_opening(std::string("\x09\x00", 2)), "! control frame too large");
    EXPECT_EQ(after_opening("\x83\x01x"), "! frame of unknown kind 3");
    EXPECT_EQ(after_opening("\x80\x01x"), "! fragment of no message");
    EXPECT_EQ(after_opening("\x01\x01x\x01\x01x"), "! message within a message");
    EXPECT_EQ(after_opening(std::string("\x81\x7f\x00\x00\x00\x00\x00\x10\x00\x01", 10)),
              "! message larger than 1 MiB");
    EXPECT_EQ(after_opening(std::string("\x01\x01x\x80\x7f\x00\x00\x00\x00\x00\x10\x00\x00", 13)),
              "! message larger than 1 MiB");
    EXPECT_EQ(after_opening("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"),
              "! message larger than 1 MiB");
}

}  // namespace
}  // namespace vitals::wire::websocket
