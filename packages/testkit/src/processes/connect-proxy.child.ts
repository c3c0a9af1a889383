// An HTTP proxy that does nothing but CONNECT (RFC 9110, 9.3.6); prints where each tunnel leads.
import { createServer } from "node:http";
import { connect } from "node:net";

const [host, port] = process.argv.slice(2);
if (host === undefined || port === undefined) throw new Error("usage: HOST PORT");

const proxy = createServer((_request, response) => response.writeHead(405).end());
proxy.on("connect", (request, client, head) => {
  const { hostname, port: to } = new URL(`http://${request.url}`);
  const server = connect({ host: hostname, port: Number(to) }, () => {
    console.log(`tunnel ${request.url}`);
    client.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (head.length > 0) server.write(head);
    server.pipe(client);
    client.pipe(server);
  });
  const end = (): void => {
    client.destroy();
    server.destroy();
  };
  for (const socket of [client, server]) socket.on("error", end).on("close", end);
});
proxy.listen({ host, port: Number(port) }, () => console.log("open"));
