/** What is relayed to: sends as many bytes as it is asked for, swallows what it gets. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const piece = Buffer.alloc(256 * 1024, 7);

const server = createServer((incoming, outgoing) => {
  let left = Number(/^\/bytes\/(\d+)$/.exec(incoming.url ?? "")?.[1] ?? 0);
  if (incoming.method === "PUT") {
    incoming.resume();
    return void incoming.once("end", () => outgoing.end("taken"));
  }
  if (left === 0) return void outgoing.end("hello");
  outgoing.writeHead(200, { "content-length": left });
  const more = (): void => {
    for (;;) {
      if (left === 0) return void outgoing.end();
      const next = piece.subarray(0, Math.min(left, piece.length));
      left -= next.length;
      if (!outgoing.write(next)) return;
    }
  };
  outgoing.on("drain", more);
  more();
});
server.listen(0, "127.0.0.1", () => console.log(`port ${(server.address() as AddressInfo).port}`));
