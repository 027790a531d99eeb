// What OpenTelemetry's own package reads of requests: `node decode.js`, a JSON text per line on
// standard input, {signal: "metrics" | "logs", body: base64}; the same decoded, one per line.
const readline = require("node:readline");
const path = require("node:path");

const package_ = path.dirname(require.resolve("@opentelemetry/otlp-transformer/package.json"));
const root = require(path.join(package_, "build/src/generated/root.js"));
const collector = root.opentelemetry.proto.collector;
const types = {
  metrics: collector.metrics.v1.ExportMetricsServiceRequest,
  logs: collector.logs.v1.ExportLogsServiceRequest,
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { signal, body } = JSON.parse(line);
  const bytes = Buffer.from(body, "base64");
  const message = types[signal].decode(bytes);
  const again = Buffer.from(types[signal].encode(message).finish());
  // Its own encoding may order fields otherwise, but a field that it does not know would be lost.
  const lost = again.length !== bytes.length;
  const shown = types[signal].toObject(message, { longs: String, enums: String });
  process.stdout.write(JSON.stringify({ ...shown, lost }) + "\n");
});
