/**
 * The floor: a mutual-TLS `ws` server that does nothing but send frames that ours has sent and wait for the answers. A
 * link is set up when it has looked at the client's certificate, got a hello and answered with a welcome: that is what a
 * link's set-up is on the wire (docs/decisions/0042-what-bare-means.md).
 */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { WebSocketServer, type WebSocket } from "ws";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import { takeOrders } from "./orders.ts";

export type BareOrder =
  | {
      readonly do: "listen";
      readonly key: string;
      readonly cert: string;
      readonly ca: string;
      /** The answer to a hello. */
      readonly welcome: string;
    }
  /** One run of one job for all of them. */
  | { readonly do: "round"; readonly start: string; readonly settled: string }
  | { readonly do: "usage" };

const sockets = new Set<WebSocket>();
/** Where the kind of a frame begins: all begin with `{"type":"`. */
const KIND_AT = 9;
const KIND = { hello: 0x68, result: 0x72 } as const;
let settled = "";
let answered = 0;
let roundDone: (() => void) | undefined;

async function obey(order: BareOrder): Promise<unknown> {
  switch (order.do) {
    case "listen":
      return listen(order);
    case "round": {
      ({ settled } = order);
      answered = 0;
      const began = performance.timeOrigin + performance.now();
      const done = new Promise<void>((resolve) => (roundDone = resolve));
      for (const socket of sockets) socket.send(order.start);
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

async function listen({ key, cert, ca, welcome }: Extract<BareOrder, { do: "listen" }>): Promise<number> {
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
  const wss = new WebSocketServer({ server, perMessageDeflate: false, skipUTF8Validation: true });
  wss.on("connection", (socket, request) => {
    if ((request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 === undefined) return socket.terminate();
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) return;
      if (data[KIND_AT] === KIND.hello) socket.send(welcome);
      if (data[KIND_AT] !== KIND.result) return;
      socket.send(settled);
      answered += 1;
      if (answered === sockets.size) roundDone?.();
    });
  });
  await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, resolve));
  return (server.address() as AddressInfo).port;
}

takeOrders(obey);
