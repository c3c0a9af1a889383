/**
 * One file to many agents by a deployment, beside a plain static file server that delivers the same bytes to the same
 * clients, in the same run. Nothing is written at the agents' end: the server is what is asked about.
 */
import { createReadStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { createHash, randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, uploadBlob } from "@atalaya/client";
import { serverProcess } from "@atalaya/testkit";
import { benchChild } from "./child.ts";
import type { DeployOrder } from "./deploy-crowd.child.ts";
import { median } from "./measure.ts";
import type { StaticOrder } from "./static-server.child.ts";

export const question =
  "What does a deployment of one file to N agents cost the server, against a plain static file server?";

export const options = {
  agents: "how many agents (100)",
  megabytes: "size of the file (100)",
  rounds: "rounds of each, turn about; the wall times are medians (1)",
};
export const targets = {
  "ratio.wall": { atMost: 1.3 },
  "ratio.peakRss": { atMost: 1.3 },
  "ratio.grown": { atMost: 1.3 },
};

export interface DeployOptions {
  readonly agents?: number;
  readonly megabytes?: number;
  readonly rounds?: number;
}

const MEBIBYTE = 1024 * 1024;
const PATIENCE_MS = 600_000;

export async function run({ agents = 100, megabytes = 100, rounds = 1 }: DeployOptions = {}): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-deploy-"));
  await using server = await serverProcess({
    data: join(folder, "server"),
    env: {
      ATALAYA_CONFIRM_ABOVE: "10000000",
      ATALAYA_LINK_HANDSHAKES_PER_SECOND: "100000",
      ATALAYA_LINK_HANDSHAKES_UNDER_WAY: "10000",
      ATALAYA_VISITORS_PER_ADDRESS: "100000",
    },
  });
  using crowd = benchChild<DeployOrder>("./deploy-crowd.child.ts");
  using plain = benchChild<StaticOrder>("./static-server.child.ts");
  try {
    const { host, port, ca } = server;
    const file = join(folder, "file");
    const sha256 = await makeFile(file, megabytes);
    const pem = readFileSync(join(folder, "server", "pki", "server.pem"), "utf8");
    const plainPort = await plain.order<number>({ do: "listen", key: pem, cert: pem, ca, file });
    const { body: made } = await server.call<{ readonly token: string }>("POST", "/api/v1/join-tokens", {
      uses: agents,
      expiresInMs: 3_600_000,
    });
    await crowd.order({ do: "enrol", host, port, ca, token: made.token, count: agents });
    const enrolled = memoryOf(server.process.pid, "VmRSS");
    // The plain server enrols nobody: docs/decisions/0042-what-bare-means.md.
    await server.end("SIGTERM");
    await server.start();
    await crowd.order({ do: "connect", host, port });
    const linked = memoryOf(server.process.pid, "VmRSS");
    const client = createClient({ url: server.url, token: server.token, ca });
    const uploadBegan = performance.now();
    const artifact = { name: "file", ...(await uploadBlob(client, file)) };
    const uploadMs = performance.now() - uploadBegan;
    client.close();

    const before = { ours: memoryOf(server.process.pid, "VmRSS"), plain: memoryOf(plain.pid, "VmRSS") };
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bare.push(await crowd.order<number>({ do: "fetch", port: plainPort, sha256 }));
      ours.push(await deployment(artifact));
    }
    const peak = { ours: memoryOf(server.process.pid, "VmHWM"), plain: memoryOf(plain.pid, "VmHWM") };
    const wallMs = { ours: median(ours), plain: median(bare) };
    const megabytesPerSecond = {
      ours: (agents * megabytes * 1000) / wallMs.ours,
      plain: (agents * megabytes * 1000) / wallMs.plain,
    };
    return {
      agents,
      megabytes,
      rounds,
      uploadMs,
      wallMs,
      megabytesPerSecond,
      peakRssMb: { ours: peak.ours / MEBIBYTE, plain: peak.plain / MEBIBYTE },
      rssMb: { enrolled: enrolled / MEBIBYTE, linked: linked / MEBIBYTE, uploaded: before.ours / MEBIBYTE },
      grownMb: { ours: (peak.ours - before.ours) / MEBIBYTE, plain: (peak.plain - before.plain) / MEBIBYTE },
      ratio: {
        wall: wallMs.ours / wallMs.plain,
        peakRss: peak.ours / peak.plain,
        grown: (peak.ours - before.ours) / (peak.plain - before.plain),
      },
    };
  } finally {
    await server.end("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }

  /** From the request until every result is committed and every agent has heard it. */
  async function deployment(artifact: object): Promise<number> {
    await crowd.order({ do: "arm" });
    const began = performance.timeOrigin + performance.now();
    const { status, body } = await server.call<{ readonly id: string }>("POST", "/api/v1/deployments", {
      selector: "all",
      artifacts: [artifact],
      into: "bench",
    });
    if (status !== 201) throw new Error(`no deployment was made: ${JSON.stringify(body)}`);
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const { settled, failures } = await crowd.order<{
        readonly settled: readonly number[];
        readonly failures: readonly string[];
      }>({ do: "collect" });
      if (failures.length > 0) throw new Error(`${failures.length} failed: ${failures[0]}`);
      if (settled.length >= agents) return Math.max(...settled) - began;
      if (performance.timeOrigin + performance.now() - began > PATIENCE_MS)
        throw new Error(`only ${settled.length} of ${agents} have it`);
    }
  }
}

async function makeFile(path: string, megabytes: number): Promise<string> {
  await using file = await open(path, "w");
  for (let n = 0; n < megabytes; n += 1) await file.write(randomBytes(MEBIBYTE));
  const hash = createHash("sha256");
  for await (const part of createReadStream(path) as AsyncIterable<Buffer>) hash.update(part);
  return hash.digest("hex");
}

function memoryOf(pid: number, name: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? Number.NaN) * 1024;
}
