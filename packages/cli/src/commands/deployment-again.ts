/** `atalaya deployment rollback` and `again`: the way back, and the same once more. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { attendDeployment, type AttendOptions } from "../attend-deployment.ts";
import { confirmCount } from "../confirm.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import { collect, examples, type Context } from "./command.ts";
import { deploymentId } from "./deployment-id.ts";
import { againBody, onceMore, shared, type OnceMore } from "./once-more.ts";
import { showFlags } from "./rollout-flags.ts";

interface Back extends AttendOptions {
  readonly force?: boolean;
  readonly commands: boolean;
  readonly secret: readonly string[];
  readonly confirm?: string;
  readonly note?: string;
}

export function registerAgain(deployment: Command, context: Context): void {
  const rollback = deployment
    .command("rollback <deployment>")
    .summary("put back what it replaced, remove what it made")
    .description("Puts back, on every host, what a deployment replaced, and removes what it made.")
    .option("--force", "also over files that changed since")
    .option("--no-commands", "do not run its command and health check afterwards")
    .option("--secret <NAME=from>", "its secrets again: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
    .option("--confirm <count>", "the number of hosts you expect")
    .option("--note <text>", "why, for those who read the history");
  showFlags(rollback).addHelpText(
    "after",
    examples("atalaya deployment rollback last", "atalaya deployment rollback dep_… --force"),
  );
  rollback.action(async (given: string, options: Back) => {
    const { session } = context;
    const { json = false, ...server } = context.global(rollback);
    const client = session.client(server);
    const path = { deployment: await deploymentId(client, given) };
    const secrets = await readSecrets(wantedSecrets(options.secret), session);
    const { commands, note } = options;
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/deployments/{deployment}/rollback", {
        params: { path, header },
        body: { force: options.force === true, commands, ...shared(secrets, note, confirm) },
      }),
    );
    context.exit(await attendDeployment(client, session, made, options, json));
  });

  const again = onceMore(deployment.command("again <deployment>"))
    .summary("the same once more")
    .description("Deploys the same once more, on the hosts its selector hits now.")
    .addHelpText("after", examples("atalaya deployment again last", "atalaya deployment again dep_… --to lab:aula-2"));
  again.action(async (given: string, options: OnceMore) => {
    const { session } = context;
    const { json = false, ...server } = context.global(again);
    const client = session.client(server);
    const path = { deployment: await deploymentId(client, given) };
    const body = await againBody(options, context);
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/deployments/{deployment}/again", {
        params: { path, header },
        body: { ...body, ...(confirm === undefined ? {} : { confirm }) },
      }),
    );
    context.exit(await attendDeployment(client, session, made, options, json));
  });
}
