/** What a deployment that was made before may be told when it is made once more. */
import type { Command } from "commander";
import type { AttendOptions } from "../attend-deployment.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import { collect, type Context } from "./command.ts";
import { showFlags } from "./rollout-flags.ts";

export interface OnceMore extends AttendOptions {
  readonly to?: string;
  readonly secret: readonly string[];
  readonly confirm?: string;
  readonly note?: string;
}

export function onceMore(command: Command): Command {
  return showFlags(
    command
      .option("--to <selector>", "other hosts than before")
      .option("--secret <NAME=from>", "its secrets again: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
      .option("--confirm <count>", "the number of hosts you expect")
      .option("--note <text>", "why, for those who read the history"),
  );
}

/** What its request says of it. */
export async function againBody({ to, note, secret }: OnceMore, { session }: Context) {
  const secrets = await readSecrets(wantedSecrets(secret), session);
  return { ...(to === undefined ? {} : { selector: to }), ...shared(secrets, note, undefined) };
}

export function shared(secrets: ReadonlyMap<string, string>, note: string | undefined, confirm: number | undefined) {
  return {
    ...(secrets.size === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
    ...(note === undefined ? {} : { note }),
    ...(confirm === undefined ? {} : { confirm }),
  };
}
