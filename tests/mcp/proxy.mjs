// Adds the token that the conformance suite cannot send; Host and Origin are passed through as they are, so that what is tested is
// the server as it is served, behind its token.
import http from "node:http";

const target = new URL(process.env.MCP_TARGET);
const token = process.env.MCP_TOKEN;

const proxy = http.createServer((request, response) => {
  const headers = { ...request.headers, authorization: `Bearer ${token}` };
  // The suite speaks to our port; whoever speaks of another host or origin on purpose is let through unchanged.
  const own = `:${proxy.address().port}`;
  const theirs = `:${target.port}`;
  if (headers.host?.endsWith(own)) headers.host = headers.host.slice(0, -own.length) + theirs;
  if (headers.origin?.endsWith(own)) headers.origin = headers.origin.slice(0, -own.length) + theirs;
  const onward = http.request(
    { host: target.hostname, port: target.port, path: request.url, method: request.method, headers },
    (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
});
proxy.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ port: proxy.address().port })));
process.stdin.on("end", () => process.exit(0)).resume();
