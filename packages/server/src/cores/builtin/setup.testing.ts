import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { createMetrics } from "../../platform/metrics/index.ts";
import { openPki, type Pki } from "../../platform/pki/index.ts";
import { makeCsr } from "../../platform/pki/csr.testing.ts";
import { running } from "../conformance-harness.ts";
import type { CoreFactory } from "../conformance.ts";
import { createBuiltinCore } from "./builtin.ts";
import type { BuiltinLimits } from "./limits.ts";

/** Keys of a fleet and one agent, for all tests of a file. */
export async function testKeys() {
  const folder = await mkdtemp(join(tmpdir(), "atalaya-core-"));
  const pki = await openPki(folder, { clock: systemClock, log: silentLog });
  const { csrPem, keyPem } = await makeCsr();
  const { certificatePem } = await pki.issueClient({ csrPem, cn: "enr_test", days: 1 });
  return {
    pki,
    agent: { cert: certificatePem, key: keyPem },
    async [Symbol.asyncDispose]() {
      await pki[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

type Keys = Pick<Awaited<ReturnType<typeof testKeys>>, "agent"> & {
  readonly pki: Pick<Pki, "tls" | "onRenewed" | "caPem">;
};

/** Makes builtin cores for the conformance suite and for tests of this core's own. */
export function builtinFactory(
  keys: Keys,
  limits: Partial<BuiltinLimits> = {},
  metrics = createMetrics(),
): CoreFactory {
  return ({ open, port }) =>
    Promise.resolve({
      core: createBuiltinCore({
        listen: [{ host: "127.0.0.1", port }],
        open: async (addresses) => ({ plane: await open(addresses), pki: keys.pki, metrics }),
        log: silentLog,
        clock: systemClock,
        limits: { drainMs: 500, ...limits },
      }),
      caPem: keys.pki.caPem,
      agent: keys.agent,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
}

/** A core that runs, and what its metrics count: 0 where there is no such line. */
export async function counting(keys: Keys, limits: Partial<BuiltinLimits> = {}) {
  const metrics = createMetrics();
  const server = await running(builtinFactory(keys, limits, metrics));
  const count = async (sample: string): Promise<number> => {
    const line = (await metrics.render()).body.split("\n").find((each) => each.startsWith(`atalaya_${sample} `));
    return Number(line?.split(" ")[1] ?? 0);
  };
  return Object.assign(server, { count });
}

/** The first bytes that OpenSSL's client really says, as anybody may send them. */
export async function helloOf(options: tls.ConnectionOptions): Promise<Buffer> {
  const listener = net.createServer();
  await once(listener.listen(0, "127.0.0.1"), "listening");
  const { port } = listener.address() as net.AddressInfo;
  const socket = tls.connect({ port, host: "127.0.0.1", ...options }).on("error", () => undefined);
  const [taken] = (await once(listener, "connection")) as [net.Socket];
  const [hello] = (await once(taken, "data")) as [Buffer];
  socket.destroy();
  taken.destroy();
  listener.close();
  return hello;
}
