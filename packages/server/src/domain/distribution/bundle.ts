import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The agent as one file. */
export interface Bundle {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What packed CommonJS modules ask Node for by name. */
const requireInModule = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`;

/** The agent's program: its source in a work tree, or one file already where it is installed. */
export function agentProgram(): string {
  return fileURLToPath(import.meta.resolve("@atalaya/agent/main"));
}

/**
 * Bundles the agent for every Node from 20 on; takes some hundred milliseconds, so it is done at each start rather than
 * kept: a kept one would lag behind its sources. A program that is a bundle already is taken as it is.
 */
export async function bundleAgent(program: string): Promise<Bundle> {
  return withSha256(program.endsWith(".ts") ? await packed(program) : new Uint8Array(await readFile(program)));
}

async function packed(program: string): Promise<Uint8Array<ArrayBuffer>> {
  const { build, stop } = await import("esbuild");
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    format: "esm",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "eof",
    banner: { js: requireInModule },
    logLevel: "silent",
  });
  // Its process would stay as long as ours.
  await stop();
  return new Uint8Array(outputFiles[0]!.contents);
}

function withSha256(bytes: Uint8Array<ArrayBuffer>): Bundle {
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}
