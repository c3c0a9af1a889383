/** Values that must not stand on a command line: read from files, variables or a prompt that does not echo. */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { UsageError, type Session } from "./session.ts";

/** `NAME`, `NAME=@file`, `NAME=env:VARIABLE` to names and values. */
export async function readSecrets(wanted: readonly string[], session: Session): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const text of wanted) {
    const [, name, from] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$/s.exec(text) ?? [];
    if (name === undefined) throw new UsageError("--secret: write NAME, NAME=@file or NAME=env:VARIABLE");
    values.set(name, await valueOf(name, from, session));
  }
  return values;
}

async function valueOf(name: string, from: string | undefined, session: Session): Promise<string> {
  if (from === undefined || from === "") return ask(`${name}: `, session);
  if (from.startsWith("@")) return withoutLastNewline(await fileText(from.slice(1)));
  if (from.startsWith("env:")) {
    const value = session.env[from.slice(4)];
    if (value === undefined) throw new UsageError(`--secret ${name}: the variable ${from.slice(4)} is not set`);
    return value;
  }
  // The value itself is not repeated in the message: it is a secret.
  throw new UsageError(
    `--secret ${name}=…: a value on the command line can be seen by everybody on this machine. Write ${name} to be asked, ${name}=@file or ${name}=env:VARIABLE.`,
  );
}

async function fileText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(`--secret: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

function withoutLastNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}

async function ask(question: string, session: Session): Promise<string> {
  if (!process.stdin.isTTY)
    throw new UsageError(`--secret: there is no terminal to ask for a value; write NAME=@file or NAME=env:VARIABLE`);
  await session.terminal.err.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    return await new Promise<string>((resolve, reject) => {
      prompt.once("line", resolve);
      prompt.once("close", () => reject(new UsageError("no value was given")));
    });
  } finally {
    prompt.close();
    await session.terminal.err.write("\n");
  }
}
