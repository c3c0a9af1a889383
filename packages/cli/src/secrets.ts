/** Values that must not stand on a command line: read from files, variables or a prompt that does not echo. */
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { UsageError, type Session } from "./session.ts";

type Origin =
  | { readonly kind: "prompt" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "variable"; readonly variable: string };

/** `NAME`, `NAME=@file`, `NAME=env:VARIABLE`: where each value comes from. */
export function wantedSecrets(texts: readonly string[]): ReadonlyMap<string, Origin> {
  const wanted = new Map<string, Origin>();
  for (const text of texts) {
    const [, name, from] = /^([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?$/s.exec(text) ?? [];
    // Nothing of the text is repeated: it may hold the secret itself.
    if (name === undefined) throw new UsageError("--secret: write NAME, NAME=@file or NAME=env:VARIABLE");
    if (wanted.has(name)) throw new UsageError(`--secret ${name} is given twice`);
    wanted.set(name, originOf(name, from));
  }
  return wanted;
}

function originOf(name: string, from: string | undefined): Origin {
  if (from === undefined) return { kind: "prompt" };
  if (from.startsWith("@") && from.length > 1) return { kind: "file", path: from.slice(1) };
  if (from.startsWith("env:") && from.length > 4) return { kind: "variable", variable: from.slice(4) };
  throw new UsageError(
    `--secret ${name}=…: a value on the command line can be seen by everybody on this machine.\nWrite ${name} to be asked, ${name}=@file or ${name}=env:VARIABLE.`,
  );
}

export async function readSecrets(
  wanted: ReadonlyMap<string, Origin>,
  session: Session,
): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  for (const [name, origin] of wanted) values.set(name, await valueOf(name, origin, session));
  return values;
}

async function valueOf(name: string, origin: Origin, session: Session): Promise<string> {
  switch (origin.kind) {
    case "prompt":
      return ask(name, session);
    case "file":
      return fileText(name, origin.path);
    case "variable": {
      const value = session.env[origin.variable];
      if (value === undefined) throw new UsageError(`--secret ${name}: the variable ${origin.variable} is not set`);
      return value;
    }
  }
}

/** Without the newline that editors put at the end. */
async function fileText(name: string, path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    throw new UsageError(`--secret ${name}: cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function ask(name: string, session: Session): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new UsageError(
      `--secret ${name}: there is no terminal to ask for its value; write ${name}=@file or ${name}=env:VARIABLE`,
    );
  }
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal echoes nothing: only then may somebody, or a program, begin to type.
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  try {
    await session.terminal.err.write(`${name}: `);
    return await new Promise<string>((resolve, reject) => {
      prompt.once("line", resolve);
      prompt.once("close", () => reject(new UsageError("no value was given: nothing was done")));
    });
  } finally {
    prompt.close();
    await session.terminal.err.write("\n");
  }
}
