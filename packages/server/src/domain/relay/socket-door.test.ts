/** Raw TCP by WebSocket: a real server and core, a simulated agent that connects for it, an echo behind. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { inProcessServer, relayingHost, type InProcessServer, type RelayingHost } from "@atalaya/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";

let server: InProcessServer;
let host: RelayingHost;
let port: number;
const echo = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket).on("error", () => undefined));

beforeAll(async () => {
  server = await inProcessServer();
  host = await relayingHost(server, { n: 1, name: "pc-01" });
  await once(echo.listen(0, "127.0.0.1"), "listening");
  ({ port } = echo.address() as AddressInfo);
});
afterAll(async () => {
  host[Symbol.dispose]();
  echo.close();
  await server[Symbol.asyncDispose]();
});

const dial = (query: string, protocols = ["atalaya.relay.v1"], authorization = `Bearer ${server.token}`): WebSocket =>
  new WebSocket(`wss://localhost:${server.port}/api/v1/hosts/pc-01/relay${query}`, protocols, {
    ca: server.ca,
    headers: { authorization },
  });

test("bytes come back as they went, in messages of up to 1 MiB, and each direction ends by itself", async () => {
  const socket = dial(`?port=${port}`);
  const sent = randomBytes(3 * 1024 * 1024);
  const back: Buffer[] = [];
  const texts: string[] = [];
  socket.on("message", (data: Buffer, binary) => void (binary ? back.push(data) : texts.push(data.toString())));
  await once(socket, "open");
  for (let at = 0; at < sent.length; at += 1024 * 1024) socket.send(sent.subarray(at, at + 1024 * 1024));
  socket.send('{"type":"end"}');
  const [code] = (await once(socket, "close")) as [number];
  expect([code, texts]).toEqual([1000, ['{"type":"end"}']]);
  expect(Buffer.concat(back).equals(sent)).toBe(true);
});

test("what it does not understand ends it with a code", async () => {
  for (const [said, expected] of [
    ["nonsense", [1011, "frame.malformed"]],
    [randomBytes(1024 * 1024 + 1), [1009, ""]],
  ] as const) {
    const socket = dial(`?port=${port}`).on("error", () => undefined);
    await once(socket, "open");
    socket.send(said);
    const [code, reason] = (await once(socket, "close")) as [number, Buffer];
    expect([code, reason.toString()]).toEqual(expected);
  }
});

test("what cannot be opened is refused with its reason, before anything is", async () => {
  const refused = async (socket: WebSocket): Promise<unknown> => {
    socket.on("error", () => undefined);
    const [, response] = (await once(socket, "unexpected-response")) as [unknown, IncomingMessage];
    return [response.statusCode, (JSON.parse(await text(response)) as { code: string }).code];
  };
  for (const query of ["", "?port=0", "?port=65536", "?port=x", `?port=${port}&also=1`, `?port=${port}&target=a%20b`])
    expect([query, await refused(dial(query))]).toEqual([query, [400, "request.malformed"]]);
  expect(await refused(dial(`?port=${port}`, ["other"]))).toEqual([400, "request.malformed"]);
  expect(await refused(dial(`?port=${port}`, undefined, ""))).toEqual([401, "identity.invalid"]);
  const { body } = await server.call<{ token: string }>("POST", "/api/v1/api-tokens", { name: "v", role: "viewer" });
  expect(await refused(dial(`?port=${port}`, undefined, `Bearer ${body.token}`))).toEqual([403, "identity.forbidden"]);
});
