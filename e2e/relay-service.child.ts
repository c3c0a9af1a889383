/** A service that only its own machine reaches: HTTP with an echo and a WebSocket at 8080, a plain echo at 8081. */
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { WebSocketServer } from "ws";

const held: (() => void)[] = [];
const http = createServer((incoming, outgoing) => {
  const [path, number] = (incoming.url ?? "/").slice(1).split("/");
  if (path === "echo") return void incoming.pipe(outgoing);
  if (path === "endless") {
    outgoing.on("error", () => undefined);
    const piece = Buffer.alloc(65_536, 7);
    const more = (): void => {
      while (!outgoing.destroyed && outgoing.write(piece));
    };
    outgoing.on("drain", more);
    return more();
  }
  if (path === "never") return;
  if (path !== "together") return void outgoing.end("only this machine reaches me");
  // All of them are open at once, or none is answered to its end.
  outgoing.write("to");
  held.push(() => outgoing.end("gether"));
  if (held.length === Number(number)) for (const answer of held.splice(0)) answer();
});
http.maxConnections = 5_000;
const sockets = new WebSocketServer({ server: http });
sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
const echo = createTcpServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => undefined);
  socket.pipe(socket);
});
http.listen(8080, "127.0.0.1", () => echo.listen(8081, "127.0.0.1", () => console.log("open")));
