import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readSecrets, wantedSecrets } from "./secrets.ts";
import { createSession } from "./session.ts";
import { recordedTerminal } from "./ui/terminal.testing.ts";

const session = (env: NodeJS.ProcessEnv) =>
  createSession({ terminal: recordedTerminal(), env, now: () => 0, interrupted: new AbortController().signal });

test("values come from files, without the newline that editors add, and from variables as they are", async () => {
  const folder = mkdtempSync(join(tmpdir(), "atalaya-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "pw"), "one\ntwo\n");
  const wanted = wantedSecrets([`A=@${join(folder, "pw")}`, "B=env:SECRET"]);
  expect(await readSecrets(wanted, session({ SECRET: "x\n" }))).toEqual(
    new Map([
      ["A", "one\ntwo"],
      ["B", "x\n"],
    ]),
  );
});

test("a value on the command line is refused, and never repeated", () => {
  for (const text of ["TOKEN=hunter2", "hunter2!", "TOKEN=", "TOKEN=@", "TOKEN=env:"]) {
    const message = messageOf(() => wantedSecrets([text]));
    expect(message).toContain("--secret");
    expect(message).not.toContain("hunter2");
  }
  expect(messageOf(() => wantedSecrets(["A=@f", "A=@g"]))).toContain("twice");
});

test("what is not there is told by its name", async () => {
  await expect(readSecrets(wantedSecrets(["A=@/nonexistent"]), session({}))).rejects.toThrow(
    /A: cannot read \/nonexistent/,
  );
  await expect(readSecrets(wantedSecrets(["A=env:NONE"]), session({}))).rejects.toThrow(/NONE is not set/);
  if (!process.stdin.isTTY) await expect(readSecrets(wantedSecrets(["A"]), session({}))).rejects.toThrow(/no terminal/);
});

test("the terminal echoes nothing any more when the question appears", async () => {
  const asker = `
    import { readSecrets, wantedSecrets } from ${JSON.stringify(new URL("secrets.ts", import.meta.url))};
    const err = { write: async (text) => void process.stdout.write(text + (process.stdin.isRaw ? "[silent]" : "[echoing]")) };
    const found = await readSecrets(wantedSecrets(["PASSWORD"]), { env: {}, terminal: { err } });
    process.stdout.write(found.get("PASSWORD") + " was read");
  `;
  const folder = mkdtempSync(join(tmpdir(), "atalaya-secrets-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "asker.mjs"), asker);
  const terminal = spawn("script", ["-qec", `'${process.execPath}' '${join(folder, "asker.mjs")}'`, "/dev/null"]);
  let shown = "";
  terminal.stdout.on("data", (part) => {
    shown += String(part);
    if (shown.endsWith("PASSWORD: [silent]")) terminal.stdin.write("hunter2\r");
    if (shown.includes("PASSWORD: [echoing]")) terminal.kill();
  });
  await once(terminal, "close");
  expect(shown).toMatch(/^PASSWORD: \[silent\]\n?.*hunter2 was read/s);
});

function messageOf(act: () => unknown): string {
  try {
    act();
  } catch (cause) {
    return (cause as Error).message;
  }
  throw new Error("was not refused");
}
