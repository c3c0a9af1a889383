import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../platform/clock.ts";
import { silentLog } from "../../platform/log/index.ts";
import { createMetrics } from "../../platform/metrics/index.ts";
import { openPki, type Pki } from "../../platform/pki/index.ts";
import { makeCsr } from "../../platform/pki/csr.testing.ts";
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
