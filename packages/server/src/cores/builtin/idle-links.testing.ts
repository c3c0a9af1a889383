// The question: what does an idle mutual-TLS link cost the server, in this core and in a bare `ws` server on https?
// node packages/server/src/cores/builtin/idle-links.testing.ts [links=1000]
import { fork } from "node:child_process";
import { once } from "node:events";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import { WebSocket, WebSocketServer } from "ws";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { createMetrics } from "../../platform/metrics/index.ts";
import type { TlsMaterial } from "../../platform/pki/index.ts";
import { testPlane } from "../conformance-harness.ts";
import { createBuiltinCore } from "./builtin.ts";
import { testKeys } from "./setup.testing.ts";

type Kind = "bare" | "builtin";
interface Measured {
  readonly bytes: number;
  readonly perSecond: number;
}
interface Setup {
  readonly kind: Kind;
  readonly tls: TlsMaterial;
}

async function serve({ kind, tls }: Setup): Promise<void> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  let port: number;
  if (kind === "builtin") {
    const material = { ...tls, ticketKeys: Buffer.from(tls.ticketKeys) };
    const core = createBuiltinCore({
      listen: [{ host: "127.0.0.1", port: 0 }],
      open: () =>
        Promise.resolve({
          plane: testPlane({
            upgrade: (request, socket, head) => sockets.handleUpgrade(request, socket, head, ignore),
          }),
          pki: { tls: () => material, onRenewed: () => ({ [Symbol.dispose]: ignore }) },
          metrics: createMetrics(),
        }),
      log: silentLog,
      clock: systemClock,
      limits: { handshakesPerSecond: 10_000 },
    });
    await core.run();
    port = core.addresses[0]!.port;
  } else {
    const server = https.createServer({
      cert: tls.certificatePem,
      key: tls.keyPem,
      ca: tls.caPem,
      requestCert: true,
      minVersion: "TLSv1.3",
      ALPNProtocols: [LINK_PROTOCOL],
    });
    server.on("upgrade", (request, socket, head) => sockets.handleUpgrade(request, socket, head, ignore));
    await once(server.listen(0, "127.0.0.1"), "listening");
    port = (server.address() as AddressInfo).port;
  }
  process.on("message", () => process.send!({ rss: settledRss() }));
  process.send!({ port, rss: settledRss() });
}

function settledRss(): number {
  for (let i = 0; i < 3; i += 1) globalThis.gc?.();
  return process.memoryUsage.rss();
}

async function measure(
  setup: Setup,
  agent: { readonly cert: string; readonly key: string },
  links: number,
): Promise<Measured> {
  const child = fork(new URL(import.meta.url), ["serve"], { execArgv: ["--expose-gc"], serialization: "advanced" });
  child.send(setup);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  // Options of the TLS connection are passed on by ws, though its types name only some of them.
  const options = { ca: setup.tls.caPem, ...agent, ALPNProtocols: [LINK_PROTOCOL], perMessageDeflate: false };
  const open = async (count: number): Promise<WebSocket[]> => {
    const all: WebSocket[] = [];
    for (let i = 0; i < count; i += 50) {
      const batch = Array.from(
        { length: Math.min(50, count - i) },
        () => new WebSocket(`wss://127.0.0.1:${port}/link`, options),
      );
      await Promise.all(batch.map((socket) => once(socket, "open")));
      all.push(...batch);
    }
    return all;
  };
  const rss = async (): Promise<number> => {
    child.send("rss");
    return ((await once(child, "message")) as [{ rss: number }])[0].rss;
  };
  // What the first links bring into memory once is not theirs.
  const warm = await open(100);
  const before = await rss();
  const began = performance.now();
  const held = await open(links);
  const seconds = (performance.now() - began) / 1000;
  const after = await rss();
  for (const socket of [...warm, ...held]) socket.terminate();
  child.disconnect();
  child.kill();
  return { bytes: (after - before) / links, perSecond: links / seconds };
}

function ignore(): void {
  // Idle.
}

if (process.argv[2] === "serve") {
  process.once("message", (setup: Setup) => void serve(setup));
} else {
  const links = Number(process.argv[2] ?? 1000);
  await using keys = await testKeys();
  const results: Partial<Record<Kind, number>> = {};
  for (const kind of ["bare", "builtin"] as const) {
    const { bytes, perSecond } = await measure({ kind, tls: keys.pki.tls() }, keys.agent, links);
    results[kind] = bytes;
    console.log(
      `${kind.padEnd(8)} ${(bytes / 1024).toFixed(1)} KB per idle link, ${perSecond.toFixed(0)} full set-ups a second with the client on the same cores (${links} links)`,
    );
  }
  console.log(JSON.stringify({ links, bytesPerLink: results }));
}
