/** A server as a client meets it: TLS under a CA of its own, the real API, the real live stream. */
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { z } from "zod";
import { heardAudit } from "./audit.testing.ts";
import { mount, type Part } from "./mount.ts";
import { route, routes } from "./route.ts";
import type { Peer } from "../cores/core.ts";
import { bearerAuthentication, createIdentity, identityRoutes } from "../domain/identity/index.ts";
import { createLive, type Topic } from "../domain/live/index.ts";
import { createLocalBus } from "../platform/bus/index.ts";
import { systemClock } from "../platform/clock.ts";
import { silentLog } from "../platform/log/index.ts";
import { openPki } from "../platform/pki/index.ts";
import { engines } from "../platform/store/engines.testing.ts";

const peer: Peer = { door: "public", address: "127.0.0.1", port: 1, hostName: async () => undefined };
const needs = { clock: systemClock, log: silentLog };

/** `unavailable` answers are 503 before anything else happens. */
export async function openTestPlane() {
  await using owned = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "atalaya-client-"));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const store = owned.use(await engines[0]!.open());
  const pki = owned.use(await openPki(join(folder, "keys"), needs));
  const bus = createLocalBus(needs);
  const identity = owned.use(createIdentity({ store, bus, ...needs }));
  await identity.issueLocalToken(join(folder, "local-token"));
  const token = (await readFile(join(folder, "local-token"), "utf8")).trim();
  const authenticate = bearerAuthentication(identity);

  const numbers = { last: 0, done: false };
  const faults = { unavailable: 0, retryAfter: "0", requests: 0 };
  const live = owned.use(
    createLive({
      topics: [counting(numbers)],
      authenticate: ({ headers }, { address }) => authenticate(headers.authorization, address),
      ended: (ids) => identity.ended(ids),
      bus,
      ...needs,
    }),
  );
  const caRoutes = routes().openapi(
    route({
      method: "get",
      path: "/ca.pem",
      operationId: "getCa",
      permission: "public",
      summary: "The CA",
      tags: ["server"],
      responses: { 200: { raw: "application/x-pem-file" } },
    }),
    () => new Response(pki.caPem),
  );
  const parts: readonly Part[] = [
    { at: "/api/v1", routes: identityRoutes({ identity, clock: systemClock }) },
    { at: "/", routes: caRoutes },
  ];
  const api = mount(parts, {
    audit: heardAudit(),
    log: silentLog,
    authenticate: (request, { address }) => authenticate(request.headers.get("authorization"), address),
  });

  const listener = getRequestListener((request) => {
    faults.requests++;
    if (faults.unavailable > 0) {
      faults.unavailable--;
      return new Response(null, { status: 503, headers: { "Retry-After": faults.retryAfter } });
    }
    return api.fetch(request, { peer });
  });
  const { certificatePem, keyPem } = pki.tls();
  const server = createServer(
    { cert: certificatePem, key: keyPem },
    (request, response) => void listener(request, response),
  );
  const sockets = new Set<{ destroy(): void }>();
  server.on("upgrade", (request, socket, head) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    live.upgrade(request, socket, head, peer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  owned.defer(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const life = owned.move();

  return {
    url: `https://127.0.0.1:${port}`,
    token,
    identity,
    ca: pki.caPem,
    pin: pki.caPin,
    faults,
    live,
    /** Commits numbers up to `last`. */
    count(last: number, done = false) {
      numbers.last = last;
      numbers.done = done;
      bus.tell("jobs");
    },
    /** Cuts all live connections, as a network does. */
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  };
}

function counting(numbers: { readonly last: number; readonly done: boolean }): Topic {
  return {
    name: "numbers",
    summary: "counts",
    params: z.strictObject({}),
    permission: "job.read",
    open: async () => ({
      subjects: ["jobs"],
      async read(cursor = 0) {
        const to = Math.min(numbers.last, cursor + 5);
        const events = Array.from({ length: to - cursor }, (_, at) => ({ n: cursor + at + 1 }));
        return { events, cursor: to, more: to < numbers.last, done: numbers.done };
      },
    }),
  };
}
