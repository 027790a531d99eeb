"""kafka_mock.py [BROKERS]: the mock cluster of librdkafka (rdkafka_mock.h), independent brokers. It
prints their addresses, and takes commands: `down N`, `up N`, `topic NAME PARTITIONS`; it answers
each with `done`. It has Metadata up to version 2, keeps messages and offsets of groups, has no
authentication, and never moves its leaders."""
import ctypes
import sys

library = ctypes.CDLL("librdkafka.so.1")
for name, result, *arguments in (
        ("rd_kafka_conf_new", ctypes.c_void_p),
        ("rd_kafka_new", ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t),
        ("rd_kafka_mock_cluster_new", ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int),
        ("rd_kafka_mock_cluster_bootstraps", ctypes.c_char_p, ctypes.c_void_p),
        ("rd_kafka_mock_broker_set_down", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32),
        ("rd_kafka_mock_broker_set_up", ctypes.c_int, ctypes.c_void_p, ctypes.c_int32),
        ("rd_kafka_mock_topic_create", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int,
         ctypes.c_int)):
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 3
why = ctypes.create_string_buffer(512)
client = library.rd_kafka_new(0, library.rd_kafka_conf_new(), why, len(why))
assert client, why.value
cluster = library.rd_kafka_mock_cluster_new(client, COUNT)
assert cluster
print(library.rd_kafka_mock_cluster_bootstraps(cluster).decode(), flush=True)
for line in sys.stdin:
    word, *rest = line.split()
    if word == "topic":
        failed = library.rd_kafka_mock_topic_create(cluster, rest[0].encode(), int(rest[1]), COUNT)
    else:
        failed = getattr(library, f"rd_kafka_mock_broker_set_{word}")(cluster, int(rest[0]))
    assert not failed, (line, failed)
    print("done", flush=True)
