/** A server, and machines with nothing on them that are to become its hosts by one line. Needs root. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import {
  doorway,
  serverProcess,
  testNetwork,
  type NetworkHost,
  type ProcessOptions,
  type ServerProcess,
} from "@atalaya/testkit";

export const CLI = fileURLToPath(new URL("../packages/cli/bin/atalaya.mjs", import.meta.url));

export interface Typed {
  readonly code: number | null;
  /** Both streams. */
  readonly printed: string;
}

export interface BareWorld extends AsyncDisposable {
  readonly server: ServerProcess;
  /** pc-01, pc-02 …: a network each, no disk yet. */
  readonly hosts: readonly NetworkHost[];
  /** The command line, on the server's machine, as its administrator. */
  atalaya(...args: readonly string[]): Promise<Typed>;
  /** What `atalaya token create` prints for a new machine. */
  joinLine(): Promise<string>;
  /** Waits until the server says so. */
  hostIs(name: string, state: string): Promise<void>;
}

interface Listed {
  readonly name: string;
  readonly state: string;
}

export async function bareWorld(count: number): Promise<BareWorld> {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-install-"));
  const data = join(folder, "server");
  await using owned = new AsyncDisposableStack();
  owned.defer(() => rmSync(folder, { recursive: true, force: true }));
  const network = owned.use(testNetwork(count));
  const spawn = (options: ProcessOptions) => network.server.spawn(options);
  const socketPath = join(folder, "door");
  owned.use(await doorway(network.server, { host: "10.78.0.1", port: 8443 }, socketPath));
  const server = owned.use(await serverProcess({ data, host: "10.78.0.1", port: 8443, socketPath, spawn }));
  const kept = owned.move();

  async function atalaya(...args: readonly string[]): Promise<Typed> {
    await using cli = network.server.spawn({
      program: process.execPath,
      args: [CLI, ...args],
      env: { ATALAYA_DATA: data },
    });
    const { code } = await cli.ended();
    return { code, printed: cli.printed };
  }

  return {
    server,
    hosts: network.hosts,
    atalaya,
    async joinLine() {
      const { code, printed } = await atalaya("token", "create");
      expect(code, printed).toBe(0);
      expect(printed).not.toContain("ATALAYA_LISTEN");
      const lines = printed.split("\n").filter((line) => line.startsWith("("));
      expect(lines, printed).toHaveLength(1);
      return lines[0]!;
    },
    async hostIs(name, state) {
      const seen = async (): Promise<string | undefined> =>
        (await server.call<{ readonly items: readonly Listed[] }>("GET", "/api/v1/hosts")).body.items.find(
          (host) => host.name === name,
        )?.state;
      await expect.poll(seen, { timeout: 30_000 }).toBe(state);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
