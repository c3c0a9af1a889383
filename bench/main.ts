/** `npm run bench -- NAME [--option value …]`: runs one bench, prints a table and JSON, compares with the baseline. */
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseCommandLine } from "./command-line.ts";
import { describeMachine, type Machine } from "./machine.ts";
import type { Bench } from "./question.ts";
import { missed, table, type Result } from "./table.ts";

const here = import.meta.dirname;

async function load(name: string): Promise<Bench | undefined> {
  const found = (await import(join(here, `${name}.ts`))) as Partial<Bench>;
  if (typeof found.question !== "string" || typeof found.run !== "function") return undefined;
  return found as Bench;
}

async function benches(): Promise<readonly (readonly [name: string, bench: Bench])[]> {
  const names = readdirSync(here)
    .filter((file) => /^[a-z-]+\.ts$/.test(file))
    .map((file) => file.slice(0, -".ts".length))
    .filter((name) => name !== "main");
  const loaded = await Promise.all(names.map(async (name) => [name, await load(name)] as const));
  return loaded.flatMap(([name, bench]) => (bench === undefined ? [] : [[name, bench] as const]));
}

async function list(): Promise<void> {
  console.log("npm run bench -- NAME [--option value …]\n");
  for (const [name, { question, options }] of await benches()) {
    console.log(`${name.padEnd(12)} ${question}`);
    for (const [option, sentence] of Object.entries(options ?? {}))
      console.log(`${" ".repeat(15)}--${option}: ${sentence}`);
  }
}

async function ask(name: string, argv: readonly string[]): Promise<number> {
  const bench = existsSync(join(here, `${name}.ts`)) ? await load(name) : undefined;
  if (bench === undefined) {
    console.error(`There is no bench "${name}".\n`);
    await list();
    return 2;
  }
  const options = parseCommandLine(argv, bench.options);
  if (typeof options === "string") {
    console.error(options);
    return 2;
  }
  const machine = describeMachine();
  const found = await bench.run(options);
  const result: Result = { name, question: bench.question, options, machine, at: new Date().toISOString(), found };
  const baseline = await readResult(join(here, "baseline", `${name}.json`));
  const file = join(here, "results", `${name}.json`);
  await mkdir(join(here, "results"), { recursive: true });
  await writeFile(file, `${JSON.stringify(result, undefined, 2)}\n`);

  console.log(`\n${bench.question}\n${sentenceOf(machine)}\n`);
  console.log(table(result, bench.targets ?? {}, baseline));
  console.log(`\n${JSON.stringify(result)}`);
  if (baseline !== undefined && sentenceOf(baseline.machine) !== sentenceOf(machine)) {
    console.log(`\nThe baseline was measured elsewhere: ${sentenceOf(baseline.machine)}`);
  }
  const short = missed(result, bench.targets ?? {});
  for (const figure of short) console.error(`Misses its target: ${figure}`);
  return short.length === 0 ? 0 : 1;
}

async function readResult(file: string): Promise<Result | undefined> {
  return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Result) : undefined;
}

function sentenceOf(machine: Machine): string {
  return `${machine.cpu} (${machine.cores} cores), ${machine.memoryGiB} GiB, Linux ${machine.kernel}, Node ${machine.node}`;
}

const [name, ...argv] = process.argv.slice(2);
if (name === undefined) await list();
else process.exitCode = await ask(name, argv);
