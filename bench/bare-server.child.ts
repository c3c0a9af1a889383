/**
 * The floor: a mutual-TLS `ws` server that does nothing but send frames of the same sizes and wait for the answers. A
 * link is set up when it has looked at the client's certificate, read one frame of a hello's size and answered one of a
 * welcome's: that is what a link's set-up is on the wire (docs/decisions/0042-what-bare-means.md).
 */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { WebSocketServer, type WebSocket } from "ws";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import type { Sizes } from "./crowd.child.ts";
import { takeOrders } from "./orders.ts";

export type BareOrder =
  | {
      readonly do: "listen";
      readonly key: string;
      readonly cert: string;
      readonly ca: string;
      /** Length of the answer to a hello; 0 where none comes. */
      readonly welcome: number;
    }
  | { readonly do: "round"; readonly sizes: Sizes }
  | { readonly do: "usage" };

const sockets = new Set<WebSocket>();
let frames: { readonly start: string; readonly settled: string } = { start: "", settled: "" };
let answered = 0;
let roundDone: (() => void) | undefined;

async function obey(order: BareOrder): Promise<unknown> {
  switch (order.do) {
    case "listen":
      return listen(order);
    case "round": {
      frames = { start: "S".padEnd(order.sizes.start, "."), settled: "C".padEnd(order.sizes.settled, ".") };
      answered = 0;
      const began = performance.timeOrigin + performance.now();
      const done = new Promise<void>((resolve) => (roundDone = resolve));
      for (const socket of sockets) socket.send(frames.start);
      await done;
      return { began };
    }
    case "usage": {
      const { userCPUTime, systemCPUTime } = process.resourceUsage();
      return {
        cpuMs: (userCPUTime + systemCPUTime) / 1000,
        rssBytes: process.memoryUsage.rss(),
        sockets: sockets.size,
      };
    }
  }
}

async function listen({ key, cert, ca, welcome: length }: Extract<BareOrder, { do: "listen" }>): Promise<number> {
  const server = createServer({
    key,
    cert,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    ALPNProtocols: [LINK_PROTOCOL],
    sessionIdContext: "bare",
  });
  const welcome = "W".padEnd(length, ".");
  const wss = new WebSocketServer({ server, perMessageDeflate: false, skipUTF8Validation: true });
  wss.on("connection", (socket, request) => {
    if ((request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 === undefined) return socket.terminate();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      if (data[0] === 0x48) socket.send(welcome);
      if (data[0] !== 0x52) return;
      socket.send(frames.settled);
      answered += 1;
      if (answered === sockets.size) roundDone?.();
    });
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
}

takeOrders(obey);
