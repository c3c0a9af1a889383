/** `atalaya personality push`: a set of small files in their places, and a command after them; all of it, or nothing. */
import type { Command } from "commander";
import { time } from "../option-values.ts";
import { personalityFiles } from "../personality-files.ts";
import { preview } from "../preview.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import { runTask, type TaskOptions } from "../task.ts";
import { collect, examples, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";

interface Options extends TaskOptions {
  readonly owner?: string;
  readonly mode?: string;
  readonly then?: string;
  readonly as?: string;
  readonly secret: readonly string[];
  readonly timeout?: string;
  readonly preview?: boolean;
}

export function register(program: Command, context: Context): void {
  const group = program
    .command("personality")
    .summary("make hosts what they are: small files, and a command after them")
    .description("What makes a machine this one: settings and scripts in their places, all or nothing on each host.")
    .addHelpText(
      "after",
      examples("atalaya personality push lab:aula-1 ./motd:/etc/motd", "atalaya personality push @web ./web/"),
    );
  const command = group
    .command("push")
    .summary("place files, and run a command after them")
    .description(
      "Places files at their paths on every host a selector hits, then runs a command. If anything fails, every file is put back as it was.",
    )
    .argument("<selector>", "which hosts: all, lab:aula-1, name:pc[01-40], @group …")
    .argument("<file...>", "FILE:/path/on/the/host, or FOLDER/ that is laid out like the host")
    .optionsGroup("The files:")
    .option("--owner <name:group>", "who they belong to; without it as it was, or root")
    .option("--mode <octal>", "of every file; without it as it was, or 0644, or 0755 for programs")
    .optionsGroup("After them:")
    .option("--then <command>", "run this (/bin/sh); if it fails, every file is put back")
    .option("--as <account>", "the command's account")
    .option("--secret <NAME=from>", "a secret variable: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
    .option("--timeout <time>", "end it after this time (10m)");
  showFlags(rolloutFlags(command))
    .option("--preview", "show which hosts would be hit and do nothing")
    .addHelpText(
      "after",
      examples(
        "atalaya personality push lab:aula-1 ./motd:/etc/motd",
        "atalaya personality push @web ./web/ --then 'nginx -t && nginx -s reload'",
      ) + "\nExit status as of `atalaya run`. Ctrl-C cancels it and puts everything back.\n",
    );
  command.action(async (selector: string, words: readonly string[], options: Options) => {
    const { json = false, ...server } = context.global(command);
    const { session } = context;
    const client = session.client(server);
    if (options.preview === true) return preview(client, session, selector, json);
    const { owner, mode, as } = options;
    const files = await personalityFiles(words, {
      ...(owner === undefined ? {} : { owner }),
      ...(mode === undefined ? {} : { mode }),
    });
    const wanted = wantedSecrets(options.secret);
    const timeLimitMs = time("--timeout", options.timeout);
    const secrets = await readSecrets(wanted, session);
    const request = {
      files,
      ...(options.then === undefined ? {} : { command: { kind: "shell", script: options.then } }),
      ...(as === undefined ? {} : { account: as }),
      ...(wanted.size === 0 ? {} : { secretEnv: [...wanted.keys()] }),
      ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
    };
    context.exit(
      await runTask({ client, session, json }, { selector, capability: "personality", request, secrets }, options),
    );
  });
}
