// grpc_client PORT SERVICE: asks grpc.health.v1.Health/Check by grpc++ and prints the status as a
// number, or `code N` where the call was refused. Messages are encoded by hand: no code is made of
// a .proto here.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

int main(int count, char** words) {
    if (count != 3) return 64;
    const std::string service = words[2];
    std::string question;
    if (!service.empty())
        question = std::string{'\x0a', static_cast<char>(service.size())} + service;
    grpc::GenericStub stub(grpc::CreateChannel(std::string("127.0.0.1:") + words[1],
                                               grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    grpc::CompletionQueue queue;
    const grpc::Slice slice(question);
    const grpc::ByteBuffer sent(&slice, 1);
    grpc::ByteBuffer answer;
    grpc::Status status;
    const auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check", sent, &queue);
    call->StartCall();
    call->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool good = false;
    if (!queue.Next(&tag, &good)) return 1;
    if (!status.ok()) {
        std::cout << "code " << status.error_code() << '\n';
        return 0;
    }
    std::vector<grpc::Slice> pieces;
    answer.Dump(&pieces);
    std::string bytes;
    for (const grpc::Slice& piece : pieces)
        bytes.append(reinterpret_cast<const char*>(piece.begin()), piece.size());
    if (bytes.size() != 2 || bytes[0] != '\x08') return 1;
    std::cout << static_cast<int>(bytes[1]) << '\n';
}
