import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { authority, type Authority } from "../testing/authority.testing.ts";
import { isWell } from "./health.ts";

let ca: Authority;
let status = 200;
const asked: (string | undefined)[] = [];
let server: ReturnType<typeof createServer>;
beforeAll(async () => {
  ca = await authority();
  const { certificate, keyPem } = await ca.issue({ commonName: "tower", usage: "server" });
  server = createServer({ cert: certificate, key: keyPem, ALPNProtocols: ["http/1.1"] }, (request, response) => {
    asked.push(request.url);
    if (status === 0) request.socket.destroy();
    else response.writeHead(status).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});
afterAll(() => void server.close());

test("a server is well that says so itself, over TLS of our fleet", async () => {
  const { port } = server.address() as AddressInfo;
  const look = (over = {}) =>
    isWell({ address: { host: "127.0.0.1", port }, environment: {}, ca: ca.certificate, ...over });
  expect(await look()).toBe(true);
  for (status of [503, 500, 0]) expect(await look()).toBe(false);
  expect(asked).toEqual(["/readyz", "/readyz", "/readyz", "/readyz"]);
  status = 200;
  expect(await look({ ca: (await authority()).certificate })).toBe(false);
  expect(await look({ address: { host: "127.0.0.1", port: 1 } })).toBe(false);
});
