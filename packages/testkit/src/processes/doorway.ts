/** How a test outside reaches a server inside a network namespace, without touching the machine's own network. */
import { fileURLToPath } from "node:url";
import type { OwnedProcess } from "./process.ts";
import type { NetworkHost } from "./hosts.ts";

export interface Doorway extends AsyncDisposable {
  readonly socketPath: string;
}

export async function doorway(
  into: NetworkHost,
  target: { readonly host: string; readonly port: number },
  socketPath: string,
): Promise<Doorway> {
  const program = fileURLToPath(new URL("./doorway.child.ts", import.meta.url));
  const child: OwnedProcess = into.spawn({
    program: process.execPath,
    args: [program, socketPath, target.host, String(target.port)],
  });
  await child.prints(/open/);
  return { socketPath, [Symbol.asyncDispose]: () => child[Symbol.asyncDispose]() };
}
