import { createHash } from "node:crypto";
import type { Log } from "../../platform/log/index.ts";
import { agentProgram, type Bundle, bundleAgent } from "./bundle.ts";
import { type Arch, archs, fillInstallScript, readInstallTemplate } from "./install-script.ts";
import { joinLine, type JoinLine } from "./join-line.ts";
import { openRuntime, type Runtime, runtimeBinary } from "./runtime.ts";
import type { Reachable } from "./servers.ts";
import { openTerminalLibrary, terminalLibraryFile, type TerminalLibrary } from "./terminal-library.ts";

export interface DistributionNeeds {
  readonly log: Log;
  /** In the data folder: compressed runtimes are kept here. */
  readonly folder: string;
  readonly caPem: string;
  readonly reachable: Reachable;
  /** The agent's main file; the workspace's own by default. */
  readonly program?: string;
  /** Node binaries by architecture; those of the installed packages by default. */
  readonly binaries?: Readonly<Partial<Record<Arch, string>>>;
  /** Libraries for terminals by architecture; those of the installed packages by default. */
  readonly terminalLibraries?: Readonly<Partial<Record<Arch, string>>>;
}

/** What a bare machine needs to become a host. */
export interface Distribution {
  readonly script: string;
  readonly scriptSha256: string;
  readonly bundle: Bundle;
  runtime(arch: Arch): Runtime | undefined;
  terminalLibrary(arch: string): TerminalLibrary | undefined;
  /**
   * The one complete line that puts an agent on another machine; `near`: where that is, or what it reaches us by; `via`:
   * waypoints, `host:port`, where it does not.
   */
  joinLine(token: string, near?: string, via?: readonly string[]): JoinLine;
}

export async function createDistribution(needs: DistributionNeeds): Promise<Distribution> {
  const { log, folder, caPem, reachable } = needs;
  const binaryOf = (arch: Arch): string | undefined =>
    needs.binaries === undefined ? runtimeBinary(arch) : needs.binaries[arch];
  const libraries = (
    await Promise.all(
      archs.map(async (arch) => {
        const file = needs.terminalLibraries === undefined ? terminalLibraryFile(arch) : needs.terminalLibraries[arch];
        return file === undefined ? undefined : openTerminalLibrary(arch, file);
      }),
    )
  ).filter((library) => library !== undefined);
  const [bundle, template, ...found] = await Promise.all([
    bundleAgent(needs.program ?? agentProgram()),
    readInstallTemplate(),
    ...archs.map((arch) => {
      const binary = binaryOf(arch);
      return binary === undefined ? undefined : openRuntime(arch, binary, folder);
    }),
  ]);
  const runtimes = found.filter((runtime) => runtime !== undefined);
  const script = fillInstallScript(template, {
    servers: reachable.servers,
    caPem,
    bundleSha256: bundle.sha256,
    runtimeSha256: Object.fromEntries(runtimes.map(({ arch, sha256 }) => [arch, sha256])),
    terminalSha256: Object.fromEntries(libraries.map(({ arch, sha256 }) => [arch, sha256])),
  });
  const scriptSha256 = createHash("sha256").update(script).digest("hex");
  return {
    script,
    scriptSha256,
    bundle,
    runtime: (arch) => runtimes.find((runtime) => runtime.arch === arch),
    terminalLibrary: (arch) => libraries.find((library) => library.arch === arch),
    joinLine(token, near, via = []) {
      // Somebody is about to ask for it: the seconds that compressing takes pass while the line is being pasted.
      for (const runtime of runtimes)
        runtime.compressed().catch((err: unknown) => log.error({ err }, "a runtime cannot be compressed"));
      return joinLine({
        servers: reachable.towards(near),
        token,
        installSha256: scriptSha256,
        onlyLoopback: reachable.onlyLoopback,
        via,
      });
    },
  };
}
