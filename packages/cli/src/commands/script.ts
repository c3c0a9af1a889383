/** `atalaya script`: the library of scripts, run with values for their parameters. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { uploadBlob, type components } from "@atalaya/client";
import { attend } from "../attend.ts";
import { confirmCount } from "../confirm.ts";
import { time } from "../option-values.ts";
import { allItems, at } from "../pages.ts";
import { policyOf, type RolloutOptions } from "../rollout-options.ts";
import { readSecrets, wantedSecrets } from "../secrets.ts";
import { UsageError } from "../session.ts";
import type { AttendOptions } from "../attend-deployment.ts";
import { table } from "../ui/table.ts";
import { printable } from "../ui/terminal.ts";
import { collect, examples, printJson, type Context } from "./command.ts";
import { rolloutFlags, showFlags } from "./rollout-flags.ts";

type Script = components["schemas"]["Script"];
type Parameter = Script["parameters"][number];

interface SaveOptions {
  readonly param: readonly string[];
  readonly parameters?: string;
  readonly interpreter: "sh" | "bash" | "python3";
  readonly description?: string;
}

interface RunOptions extends RolloutOptions, AttendOptions {
  readonly set: readonly string[];
  readonly file: readonly string[];
  readonly secret: readonly string[];
  readonly as?: string;
  readonly timeout?: string;
  readonly deadline?: string;
  readonly confirm?: string;
  readonly note?: string;
}

export function register(program: Command, context: Context): void {
  const script = program
    .command("script")
    .summary("the library of scripts: list, show, save, run")
    .description("Scripts with typed parameters. Values reach them as variables, never as part of their text.")
    .addHelpText(
      "after",
      examples(
        "atalaya script save report ./report.sh --param 'FOLDER:string=/'",
        "atalaya script run report all --set FOLDER=/var",
        "atalaya script ls",
      ),
    );

  const ls = script
    .command("ls")
    .summary("list them")
    .description("Lists the scripts.")
    .addHelpText("after", examples("atalaya script ls", "atalaya script ls --json"));
  ls.action(async () => {
    const { session } = context;
    const global = context.global(ls);
    const client = session.client(global);
    const found = await allItems((cursor) =>
      client.get("/api/v1/scripts", { params: { query: { limit: 100, ...at(cursor) } } }),
    );
    if (global.json === true) return printJson(session, found);
    const { out, err } = session.terminal;
    if (found.length === 0) return err.write("No scripts. Save one: atalaya script save NAME FILE\n");
    const columns = [
      { title: "NAME", cell: ({ name }: Script) => printable(name) },
      { title: "PARAMETERS", cell: ({ parameters }: Script) => printable(parameters.map(shown).join(" ")) },
      { title: "DESCRIPTION", cell: ({ description }: Script) => printable(description ?? "") },
    ];
    await out.write(table(found, columns, out.columns));
  });

  const show = script
    .command("show <script>")
    .summary("its text and parameters")
    .description("Shows a script's parameters and its text.")
    .addHelpText("after", examples("atalaya script show disk-report", "atalaya script show disk-report --json"));
  show.action(async (name: string) => {
    const { session } = context;
    const global = context.global(show);
    const found = await session.client(global).get("/api/v1/scripts/{script}", { params: { path: { script: name } } });
    if (global.json === true) return printJson(session, found);
    const { out } = session.terminal;
    await out.write(`# ${printable(found.name)} (${found.interpreter}), by ${printable(found.createdBy)}\n`);
    for (const parameter of found.parameters) await out.write(`# ${printable(shown(parameter))}\n`);
    await out.write(found.text.endsWith("\n") ? found.text : `${found.text}\n`);
  });

  const save = script
    .command("save <script> <file>")
    .summary("make or change one")
    .description("Saves a file as a script of the library, or changes what its name stands for.")
    .option(
      "--param <NAME:type=default>",
      "string, number, boolean, file, secret or a|b|c (again for more)",
      collect,
      [],
    )
    .option("--parameters <file>", "the parameters as JSON, with labels, limits and the like")
    .option("--interpreter <name>", "sh, bash or python3", "sh")
    .option("--description <text>", "what it is for")
    .addHelpText(
      "after",
      examples(
        "atalaya script save restart ./restart.sh --param 'WHAT:nginx|apache2'",
        "atalaya script save report ./report.py --parameters params.json",
      ),
    );
  save.action(async (name: string, file: string, options: SaveOptions) => {
    const { session } = context;
    const global = context.global(save);
    const { interpreter, description } = options;
    const parameters =
      options.parameters === undefined
        ? options.param.map(parameterOf)
        : (JSON.parse(await textOf(options.parameters)) as Parameter[]);
    const saved = await session.client(global).put("/api/v1/scripts/{script}", {
      params: { path: { script: name } },
      body: {
        text: await textOf(file),
        interpreter,
        parameters,
        ...(description === undefined ? {} : { description }),
      },
    });
    if (global.json === true) return printJson(session, saved);
    await session.terminal.err.write(`saved; run it with: atalaya script run ${printable(saved.name)} SELECTOR\n`);
  });

  const rm = script
    .command("rm <script>")
    .summary("delete one")
    .description("Deletes a script.")
    .addHelpText("after", examples("atalaya script rm disk-report"));
  rm.action(async (name: string) => {
    const { session } = context;
    await session.client(context.global(rm)).delete("/api/v1/scripts/{script}", { params: { path: { script: name } } });
    await session.terminal.err.write(`${printable(name)} is deleted\n`);
  });

  const run = script
    .command("run <script> <selector>")
    .summary("run one on many hosts")
    .description("Runs a script of the library on every host a selector hits, with values for its parameters.")
    .option("--set <NAME=value>", "a parameter's value (again for more)", collect, [])
    .option("--file <NAME=path>", "a file for a parameter of type file", collect, [])
    .option("--secret <NAME=from>", "a secret: NAME (asks), NAME=@file, NAME=env:VARIABLE", collect, [])
    .option("--as <account>", "run as this account of the host")
    .option("--timeout <time>", "kill it after this time (90s, 10m)");
  showFlags(rolloutFlags(run)).addHelpText(
    "after",
    examples(
      "atalaya script run report all --set FOLDER=/var",
      "atalaya script run restart @web --set WHAT=nginx --secret TOKEN",
    ),
  );
  run.action(async (name: string, selector: string, options: RunOptions) => {
    const { session } = context;
    const { json = false, ...server } = context.global(run);
    const client = session.client(server);
    const { parameters } = await client.get("/api/v1/scripts/{script}", { params: { path: { script: name } } });
    const values: Record<string, string | number | boolean | { sha256: string }> = {};
    for (const [key, value] of options.set.map((text) => pair("--set", text)))
      values[key] = valueOf(parameters, key, value);
    for (const [key, path] of options.file.map((text) => pair("--file", text)))
      values[key] = { sha256: (await uploadBlob(client, path, { signal: session.interrupted })).sha256 };
    const secrets = await readSecrets(wantedSecrets(options.secret), session);
    const policy = policyOf(options);
    const timeLimitMs = time("--timeout", options.timeout);
    const deadlineMs = time("--deadline", options.deadline);
    const header = { "idempotency-key": randomUUID() };
    const made = await confirmCount(session, options.confirm, (confirm) =>
      client.post("/api/v1/scripts/{script}/run", {
        params: { path: { script: name }, header },
        body: {
          selector,
          values,
          ...(secrets.size === 0 ? {} : { secrets: Object.fromEntries(secrets) }),
          ...(options.as === undefined ? {} : { account: options.as }),
          ...(options.note === undefined ? {} : { note: options.note }),
          ...(policy === undefined ? {} : { policy }),
          ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
          ...(deadlineMs === undefined ? {} : { deadlineMs }),
          ...(confirm === undefined ? {} : { confirm }),
        },
      }),
    );
    if (options.detach === true) return session.terminal.out.write(`${made.id}\n`);
    context.exit(await attend(client, session, made, options, json));
  });
}

function parameterOf(text: string): Parameter {
  const [, name, type, value] = /^([A-Za-z_][A-Za-z0-9_]*):([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined || type === undefined)
    throw new UsageError(`--param: write NAME:type or NAME:type=default, not ${text}`);
  const base = { name, required: true };
  const given = value === undefined ? {} : { default: value };
  switch (type) {
    case "string":
      return { type, ...base, ...given };
    case "number":
      return { type, ...base, ...(value === undefined ? {} : { default: Number(value) }) };
    case "boolean":
      return { type, ...base, ...(value === undefined ? {} : { default: value === "true" }) };
    case "file":
    case "secret":
      return { type, ...base };
    default:
      if (!type.includes("|")) throw new UsageError(`--param ${name}: there is no type ${type}`);
      return { type: "choice", ...base, choices: type.split("|"), ...given };
  }
}

function valueOf(parameters: readonly Parameter[], name: string, text: string): string | number | boolean {
  const type = parameters.find((parameter) => parameter.name === name)?.type;
  if (type === "number" && text.trim() !== "" && !Number.isNaN(Number(text))) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

function pair(option: string, text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`${option}: write NAME=value, not ${text}`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function shown(parameter: Parameter): string {
  const { name, type } = parameter;
  const kind = type === "choice" ? parameter.choices.join("|") : type;
  return `${name}:${kind}${"default" in parameter && parameter.default !== undefined ? `=${parameter.default}` : ""}`;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: Error) => {
    throw new UsageError(`cannot read ${path}: ${cause.message}`, { cause });
  });
}
