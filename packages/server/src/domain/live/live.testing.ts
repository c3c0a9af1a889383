/** A live stream over a real HTTP server on loopback, and clients that collect what they hear. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import { AtalayaError } from "@atalaya/protocol";
import type { Actor } from "../../api/actor.ts";
import { createLocalBus } from "../../platform/bus/index.ts";
import { systemClock, type Clock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { createLive, LIVE_PATH, LIVE_PROTOCOL, type LiveNeeds, type Topic } from "./index.ts";

export const reader: Actor = { name: "token:reader", token: "token_reader", permissions: new Set(["job.read"]) };
export const stranger: Actor = { name: "token:stranger", token: "token_stranger", permissions: new Set() };

/** Time that runs `times` as fast, so that what happens every 2 s can be waited for. */
export function fastClock(times: number): Clock {
  return { now: () => Date.now() * times, after: (ms, act) => systemClock.after(ms / times, act) };
}

export async function liveServer(topics: readonly Topic[], needs: Partial<LiveNeeds> = {}) {
  const bus = createLocalBus({ clock: systemClock });
  const live = createLive({
    topics,
    authenticate: async ({ headers: { authorization } }) => {
      if (authorization === undefined) return undefined;
      if (authorization === "Bearer reader") return reader;
      if (authorization === "Bearer stranger") return stranger;
      throw new AtalayaError("identity.invalid", "No such token.");
    },
    ended: async () => new Map(),
    bus,
    clock: systemClock,
    log: silentLog,
    ...needs,
  });
  const server = createServer();
  server.on("upgrade", (request, socket, head) =>
    live.upgrade(request, socket, head, {
      door: "public",
      address: request.headers["x-from"]?.toString() ?? "127.0.0.1",
      port: 1,
      hostName: async () => undefined,
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    live,
    bus,
    /** `from`: the address that the server takes it to come from. */
    client: (token: string | undefined = "reader", protocol: string = LIVE_PROTOCOL, from: string = "127.0.0.1") =>
      liveClient(`ws://127.0.0.1:${port}${LIVE_PATH}`, { token, protocol, from }),
    async [Symbol.asyncDispose]() {
      live[Symbol.dispose]();
      server.close();
      server.closeAllConnections();
    },
  };
}

type Heard = { readonly type: string; readonly id?: number; readonly code?: string } & Readonly<
  Record<string, unknown>
>;

function liveClient(
  url: string,
  { token, protocol, from }: { readonly token: string | undefined; readonly protocol: string; readonly from: string },
) {
  const headers = {
    "x-from": from,
    ...(token === undefined || token === "" ? {} : { authorization: `Bearer ${token}` }),
  };
  const socket = new WebSocket(url, protocol, { headers });
  const heard: Heard[] = [];
  let wake = () => {};
  let closed: { readonly code: number; readonly reason: string } | undefined;
  let refused: number | undefined;
  socket.on("message", (data) => {
    heard.push(JSON.parse((data as Buffer).toString("utf8")));
    wake();
  });
  socket.on("unexpected-response", (_request, response) => {
    refused = response.statusCode;
    socket.terminate();
    wake();
  });
  socket.on("error", () => {});
  socket.on("close", (code, reason) => {
    closed = { code, reason: reason.toString() };
    wake();
  });
  async function until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      if (closed !== undefined) throw new Error(`closed with ${closed.code} after ${JSON.stringify(heard.at(-1))}`);
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return {
    socket,
    heard,
    opened: () => once(socket, "open"),
    say: (frame: unknown) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    hear: (type: string, id?: number) =>
      until(() => heard.find((frame) => frame.type === type && (id === undefined || frame.id === id))),
    until,
    async ended() {
      while (closed === undefined) await new Promise<void>((resolve) => (wake = resolve));
      return { ...closed, refused };
    },
    [Symbol.dispose]: () => socket.terminate(),
  };
}
