import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { expected } from "./commands/complete.ts";
import { createProgram } from "./program.ts";
import { createSession } from "./session.ts";
import { recordedTerminal } from "./ui/terminal.testing.ts";

const session = createSession({
  terminal: recordedTerminal(),
  env: {},
  now: () => 0,
  interrupted: new AbortController().signal,
});
const program = createProgram({ session, exit: () => undefined }, "0.0.0");

function commands(command: Command, path = "atalaya"): readonly (readonly [string, Command])[] {
  const below = command.commands.filter((one) => one.name() !== "complete");
  return [[path, command], ...below.flatMap((one) => commands(one, `${path} ${one.name()}`))];
}

describe.each(commands(program))("%s --help", (_path, command) => {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text), getOutHelpWidth: () => 80 });
  command.outputHelp();

  test("says what it does, has examples that can be pasted, and fits 80 columns", () => {
    expect(command.description()).not.toBe("");
    expect(help).toMatch(/^Examples:\n( {2}\$ .+\n)+/m);
    expect(help.split("\n").filter((line) => line.length > 80)).toEqual([]);
    expect(help).not.toContain("(default: [])");
  });
});

describe("completion", () => {
  const words = (...line: readonly string[]) => expected(program, line).words;
  const subject = (...line: readonly string[]) => expected(program, line).subject;

  test("knows commands, their verbs and options, and what options take", () => {
    expect(words("")).toEqual(expect.arrayContaining(["run", "hosts", "job"]));
    expect(words("")).not.toContain("complete");
    expect(words("job", "")).toContain("retry");
    expect(words("run", "all", "-")).toEqual(expect.arrayContaining(["--fold", "--json", "--help"]));
    expect(words("api-token", "create", "ci", "--role", "")).toEqual(["user", "viewer", "operator", "admin"]);
    expect(words("--token-file", "")).toEqual([":files"]);
    expect(words("run", "all", "--", "")).toEqual([":files"]);
    expect(words("completion", "")).toContain("zsh");
  });

  test("asks the server for what stands in the place of each argument", () => {
    expect(subject("run", "")).toBe("selector");
    expect(subject("run", "--timeout", "5s", "")).toBe("selector");
    expect(subject("run", "all", "")).toBeUndefined();
    expect(subject("--json", "job", "output", "")).toBe("job");
    expect(subject("job", "output", "last", "--host", "")).toBe("host");
    expect(subject("host", "place", "pc-1", "")).toBe("place");
    expect(subject("host", "")).toBe("host");
    expect(subject("deployment", "saved", "run", "")).toBe("saved");
    expect(subject("deployment", "rollback", "")).toBe("deployment");
    expect(subject("script", "run", "")).toBe("script");
    expect(subject("script", "run", "backup", "")).toBe("selector");
    expect(subject("deploy", "site/", "--to", "")).toBe("selector");
  });

  test("goes by the server that the line names", () => {
    expect(expected(program, ["--data", "/srv/a", "host", ""]).global).toEqual({ data: "/srv/a" });
  });
});
