/** The proxy that stands between an agent and its server, as in networks that let nobody out directly. */
import { fileURLToPath } from "node:url";
import type { NetworkHost } from "./hosts.ts";
import type { OwnedProcess } from "./process.ts";

/** Resolves when it listens; its output names each tunnel. */
export async function connectProxy(on: NetworkHost, port: number): Promise<OwnedProcess> {
  const program = fileURLToPath(new URL("./connect-proxy.child.ts", import.meta.url));
  const child = on.spawn({ program: process.execPath, args: [program, on.address, String(port)] });
  await child.prints(/open/);
  return child;
}
