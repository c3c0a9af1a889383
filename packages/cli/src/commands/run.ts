/** `atalaya run SELECTOR -- COMMAND…`: a command on many hosts, live. */
import type { Command } from "commander";
import type { Client } from "@atalaya/client";
import { byOptions, execRequest, type ExecOptions } from "../exec-request.ts";
import { time } from "../option-values.ts";
import { preview } from "../preview.ts";
import { policyOf } from "../rollout-options.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import type { Session } from "../session.ts";
import { runTask, type TaskOptions, type TaskWish } from "../task.ts";
import { collect, examples, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";

interface RunOptions extends ExecOptions, TaskOptions {
  readonly secret: readonly string[];
  readonly preview?: boolean;
}

export function register(program: Command, context: Context): void {
  const command = program
    .command("run")
    .summary("run a command on many hosts")
    .description("Runs a command on every host a selector hits, shows its output live, and says what happened on each.")
    .argument("<selector>", "which hosts: all, name:pc[01-40], lab:aula-1 and not label:frozen, @group …")
    .argument("[command...]", "after --: a program with its arguments, never touched by a shell")
    .optionsGroup("The command:")
    .option("--shell", "give the words to /bin/sh -c as one script")
    .option("--as <account>", "run as this account of the host, with all its groups")
    .option("--cwd <folder>", "working directory on the host (absolute)")
    .option("--env <NAME=value>", "set a variable (again for more)", collect, [])
    .option("--stdin <text>", "text for its standard input")
    .option("--stdin-file <file>", "its standard input from a file here (- : ours)")
    .option("--secret <NAME=from>", "a secret variable: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
    .option("--secret-stdin <NAME>", "give this secret to its standard input instead")
    .option("--timeout <time>", "kill it after this time (90s, 10m)")
    .option("--grace <time>", "between TERM and KILL (5s)")
    .option("--output-limit <size>", "kill it when it prints more (10MiB)")
    .option("--cpu <time>", "processor time limit of each process")
    .option("--cpus <n>", "so many processors' worth at once (0.5); needs control groups")
    .option("--memory <size>", "memory limit of all its processes (see below)")
    .option("--processes <n>", "limit of processes")
    .option("--open-files <n>", "open file limit")
    .option("--umask <octal>", "as in 022")
    .option("--nice <n>", "-20 to 19");
  showFlags(rolloutFlags(command))
    .option("--preview", "show which hosts would be hit and do nothing")
    .addHelpText(
      "after",
      examples(
        "atalaya run all -- uname -r",
        "atalaya run 'lab:aula-1 and os:debian' --fold -- dpkg -l openssl",
        "atalaya run 'name:pc[01-40]' --shell -- 'df -h / | tail -1'",
        "atalaya run @web --canary 1 --failures 2 -- systemctl restart nginx",
        "atalaya run all --secret TOKEN=@token.txt -- deploy-tool push",
      ) +
        "\nWhere a host has control groups (atalaya host NAME says so), --memory and\n--processes hold for all of the command together; elsewhere for the address\nspace of each process, and for all processes of the account.\n" +
        "\nExit status: 0 every run succeeded, 1 some did not, 2 wrong usage, 3 server not\nreached, 4 not allowed, 5 no host matches. Ctrl-C cancels the job; a second one\nleaves it to end by itself.\n",
    );
  command.action(async (selector: string, words: readonly string[], options: RunOptions) => {
    const { json = false, ...server } = context.global(command);
    const { session } = context;
    const client = session.client(server);
    if (options.preview === true) return preview(client, session, selector, json);
    const wish = await wishOf(client, session, selector, words, options);
    const status = runTask({ client, session, json }, wish, options);
    context.exit(
      await status.catch((cause: unknown) => {
        throw byOptions(cause);
      }),
    );
  });
}

async function wishOf(
  client: Client,
  session: Session,
  selector: string,
  words: readonly string[],
  options: RunOptions,
): Promise<TaskWish> {
  // All that can be wrong is looked at before anybody types a secret.
  const wanted = wantedSecrets(options.secret);
  policyOf(options);
  time("--deadline", options.deadline);
  const request = await execRequest(words, options, [...wanted.keys()], { client, session });
  const secrets = await readSecrets(wanted, session);
  return { selector, capability: "exec", request, secrets };
}
