/** People of a lab as programs play them: the calls and sockets of a browser that is signed in, and what no browser would send. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { callServer, type Answer } from "@atalaya/testkit";
import { WebSocket, type ClientOptions } from "ws";
import { PASSWORD } from "../packages/server/src/platform/pam/accounts.testing.ts";
import type { Lab } from "./lab-world.ts";

export interface Person {
  readonly account: string;
  readonly cookie: string;
  readonly csrf: string;
  readonly id: string;
  call<T = { readonly code?: string }>(method: string, path: string, body?: unknown): Promise<Answer<T>>;
  /** Brings a file's bytes; answers what names them. */
  upload(text: string): Promise<{ readonly sha256: string; readonly size: number }>;
  /** A WebSocket with the cookie and the own origin; open when it resolves. */
  socket(address: Address): Promise<WebSocket>;
}

/** Of a WebSocket. */
export type Address = readonly [path: string, protocol: string];

/** Headers of a browser's request; each can be left out or forged. */
export interface Sent {
  readonly cookie?: string;
  readonly origin?: string;
  readonly "x-atalaya-csrf"?: string;
}

export function labDoor({ line, server }: Lab) {
  const origin = `https://127.0.0.1:${line.port}`;
  const target = { host: "127.0.0.1", port: line.port, ca: server.ca };
  const send = <T = { readonly code?: string }>(method: string, path: string, body?: unknown, headers: Sent = {}) =>
    callServer<T>(target, method, path, body, { ...headers });

  /** Resolves with the status of the answer: 101 when it is a WebSocket now. */
  async function upgrade([path, protocol]: Address, headers: Sent) {
    const socket = new WebSocket(`${origin.replace("https", "wss")}${path}`, protocol, {
      ca: server.ca,
      servername: "localhost",
      headers: { ...headers },
    } as ClientOptions);
    const status = await new Promise<number>((resolve) => {
      socket.on("open", () => resolve(101));
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
      socket.on("error", () => {});
    });
    return { socket, status };
  }

  return {
    origin,
    send,
    upgrade,
    /** With the path exactly as it is, which no URL parser has seen. */
    async raw(path: string): Promise<{ readonly status: number; readonly text: string }> {
      const asked = request({ ...target, servername: "localhost", path, agent: false }).end();
      const [response] = (await once(asked, "response")) as [AsyncIterable<Buffer> & { readonly statusCode: number }];
      const parts = await Array.fromAsync(response);
      return { status: response.statusCode, text: Buffer.concat(parts).toString("latin1") };
    },
    async signIn(account: string): Promise<Person> {
      const wish = { kind: "pam", account, password: PASSWORD };
      const { headers, body } = await send<{ readonly id: string; readonly csrf: string }>(
        "POST",
        "/api/v1/session",
        wish,
      );
      const cookie = [headers["set-cookie"]].flat()[0]!.split(";", 1)[0]!;
      const sent = { cookie, origin, "x-atalaya-csrf": body.csrf };
      return {
        account,
        cookie,
        csrf: body.csrf,
        id: body.id,
        call: (method, path, wanted) => send(method, path, wanted, sent),
        async upload(text) {
          const sha256 = createHash("sha256").update(text).digest("hex");
          const path = `/api/v1/blobs/${sha256}`;
          const asked = request({
            ...target,
            servername: "localhost",
            method: "PUT",
            path,
            headers: sent,
            agent: false,
          });
          const [answer] = (await once(asked.end(text), "response")) as [IncomingMessage];
          await once(answer.resume(), "end");
          if (answer.statusCode! >= 300) throw new Error(`the upload was answered ${answer.statusCode}`);
          return { sha256, size: Buffer.byteLength(text) };
        },
        async socket(address) {
          const { socket, status } = await upgrade(address, { cookie, origin });
          if (status !== 101) throw new Error(`${address[0]} answered ${status}`);
          return socket;
        },
      };
    },
  };
}

export type LabDoor = ReturnType<typeof labDoor>;
