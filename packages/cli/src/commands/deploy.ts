/** `atalaya deploy PATH… --to SELECTOR`: files on many hosts, and what happens around them. */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import { attendDeployment, type AttendOptions } from "../attend-deployment.ts";
import { confirmCount } from "../confirm.ts";
import { localTree, uploadFiles, type LocalTree } from "../deploy-files.ts";
import { time, variables, whole } from "../option-values.ts";
import { preview } from "../preview.ts";
import { policyOf, type RolloutOptions } from "../rollout-options.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import { UsageError, type Session } from "../session.ts";
import { printable } from "../ui/terminal.ts";
import { collect, examples, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";

interface DeployOptions extends RolloutOptions, AttendOptions {
  readonly to: string;
  readonly into?: string;
  readonly then?: string;
  readonly check?: string;
  readonly health?: string;
  readonly healthAttempts?: string;
  readonly healthEvery?: string;
  readonly orRollback?: boolean;
  readonly as?: string;
  readonly owner?: string;
  readonly mode?: string;
  readonly keep?: boolean;
  readonly replace?: boolean;
  readonly unpack?: boolean;
  readonly tomcat?: boolean;
  readonly tomcatRestart?: boolean;
  readonly marcopolo?: string;
  readonly env: readonly string[];
  readonly secret: readonly string[];
  readonly timeout?: string;
  readonly name?: string;
  readonly deadline?: string;
  readonly confirm?: string;
  readonly note?: string;
  readonly dryRun?: boolean;
}

const FILES_SHOWN = 20;

export function register(program: Command, context: Context): void {
  const command = program
    .command("deploy")
    .summary("place files on many hosts")
    .description(
      "Uploads files and folders once, places them on every host a selector hits, and says what became of each. Per host it is all or nothing, and can be taken back: atalaya deployment rollback.",
    )
    .argument("<path...>", "files and folders; `site` is the folder itself, `site/` what is in it")
    .requiredOption("--to <selector>", "which hosts: all, lab:aula-1, name:pc[01-40], @group …")
    .optionsGroup("The files:")
    .option("--into <folder>", "absolute, or below the account's home (~); made if it is missing")
    .option("--as <account>", "everything is done as this account of the host")
    .option("--owner <name:group>", "who they belong to: :group of one's own, anybody's as root")
    .option("--mode <octal>", "of every file; without it 0644, and 0755 for what can be executed here")
    .option("--keep", "leave files that are there as they are")
    .option("--replace", "replace files that differ (so it is without --keep)")
    .option("--unpack", "the files are archives: tar, tar.gz, tar.zst or zip")
    .option("--tomcat", "into the webapps of the account's Tomcat")
    .option("--tomcat-restart", "the same, and start it again")
    .option("--marcopolo <id>", "register this MarcoPolo service of the account")
    .optionsGroup("Around them:")
    .option("--check <command>", "before: unless it succeeds nothing is changed (/bin/sh)")
    .option("--then <command>", "after: run in the folder, once (/bin/sh)")
    .option("--health <command>", "then asked until it succeeds (/bin/sh)")
    .option("--health-attempts <n>", "how often (5)")
    .option("--health-every <time>", "how long between (2s)")
    .option("--or-rollback", "put everything back when --then or --health fails")
    .option("--env <NAME=value>", "a variable for the commands (again for more)", collect, [])
    .option("--secret <NAME=from>", "a secret variable: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
    .option("--timeout <time>", "end it after this time (10m)")
    .option("--name <text>", "what it is, for those who read the history");
  showFlags(rolloutFlags(command))
    .option("--dry-run", "show files and hosts, and do nothing")
    .addHelpText(
      "after",
      examples(
        "atalaya deploy site/ --to @web --into /srv/www --as deploy",
        "atalaya deploy app.tgz --unpack --to all --into app --then ./install.sh",
        "atalaya deploy shop.war --to @tomcat --as ana --tomcat-restart",
        "atalaya deploy tool --to all --canary 1 --health './tool -V' --or-rollback",
      ) + "\nExit status as of `atalaya run`. Ctrl-C cancels it; a second one leaves it to\nend by itself.\n",
    );
  command.action(async (paths: readonly string[], options: DeployOptions) => {
    const { json = false, ...server } = context.global(command);
    const { session } = context;
    const client = session.client(server);
    if (options.keep === true && options.replace === true) throw new UsageError("--keep or --replace: not both");
    const rest = restOf(options);
    const { files, folders } = await localTree(paths);
    if (options.dryRun === true) return dryRun(client, session, { files, folders }, options, json);
    const wanted = wantedSecrets(options.secret);
    const secrets = await readSecrets(wanted, session);
    const artifacts = await uploadFiles(client, session, files, {
      unpack: options.unpack === true,
      mode: options.mode,
    });
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/deployments", {
        params: { header },
        body: {
          selector: options.to,
          artifacts: [...artifacts],
          ...(folders.length === 0 ? {} : { folders: [...folders] }),
          ...rest,
          ...(wanted.size === 0 ? {} : { secretEnv: [...wanted.keys()], secrets: Object.fromEntries(secrets) }),
          ...(confirm === undefined ? {} : { confirm }),
        },
      }),
    );
    context.exit(await attendDeployment(client, session, made, options, json));
  });
}

async function dryRun(
  client: Parameters<typeof preview>[0],
  session: Session,
  { files, folders }: LocalTree,
  options: DeployOptions,
  json: boolean,
): Promise<void> {
  const { out } = session.terminal;
  if (!json) {
    const total = files.reduce((sum, { size }) => sum + size, 0);
    await out.write(
      `${files.length} ${files.length === 1 ? "file" : "files"}, ${total} bytes, into ${options.into ?? "~"}:\n`,
    );
    const names = [...files.map(({ name }) => name), ...folders.map(({ name }) => `${name}/`)];
    for (const name of names.slice(0, FILES_SHOWN)) await out.write(`  ${printable(name)}\n`);
    if (names.length > FILES_SHOWN) await out.write(`  and ${names.length - FILES_SHOWN} more\n`);
  }
  await preview(client, session, options.to, json);
}

/** All that is neither file, host nor secret. */
function restOf(options: DeployOptions) {
  const { into, as, owner, mode, name, note, marcopolo } = options;
  const policy = policyOf(options);
  const deadlineMs = time("--deadline", options.deadline);
  const timeLimitMs = time("--timeout", options.timeout);
  const health = healthOf(options);
  return {
    overwrite: options.keep === true ? ("keep" as const) : ("replace" as const),
    onFailure: options.orRollback === true ? ("rollback" as const) : ("leave" as const),
    graceMs: 5_000,
    into: into ?? "",
    ...(as === undefined ? {} : { account: as }),
    ...(owner === undefined ? {} : { owner }),
    ...(mode === undefined ? {} : { mode }),
    ...(name === undefined ? {} : { name }),
    ...(note === undefined ? {} : { note }),
    ...(options.check === undefined ? {} : { check: shell(options.check) }),
    ...(options.then === undefined ? {} : { command: shell(options.then) }),
    ...(health === undefined ? {} : { health }),
    ...(options.env.length === 0 ? {} : { env: variables(options.env) }),
    ...(options.tomcat === true || options.tomcatRestart === true
      ? { tomcat: { restart: options.tomcatRestart === true } }
      : {}),
    ...(marcopolo === undefined ? {} : { marcopolo: { id: marcopolo } }),
    ...(policy === undefined ? {} : { policy }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
  };
}

function healthOf({ health, healthAttempts, healthEvery }: DeployOptions) {
  if (health === undefined) return undefined;
  return {
    command: shell(health),
    attempts: whole("--health-attempts", healthAttempts) ?? 5,
    intervalMs: time("--health-every", healthEvery) ?? 2_000,
    timeoutMs: 30_000,
  };
}

function shell(script: string) {
  return { kind: "shell" as const, script };
}
