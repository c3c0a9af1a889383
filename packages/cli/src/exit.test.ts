import { ClientError } from "@atalaya/client";
import { CommanderError } from "commander";
import { expect, test } from "vitest";
import { explain, statusOf } from "./exit.ts";
import { UsageError } from "./session.ts";
import { recordedTerminal } from "./ui/terminal.testing.ts";

async function told(cause: unknown): Promise<{ readonly status: number; readonly text: string }> {
  const terminal = recordedTerminal();
  const status = await explain(cause, terminal);
  return { status, text: terminal.printed.err.toString() };
}

test("0 only when every run succeeded", () => {
  expect(statusOf({ succeeded: 2 }, 2)).toBe(0);
  expect(statusOf({ succeeded: 1, failed: 1 }, 2)).toBe(1);
  expect(statusOf({}, 1)).toBe(1);
});

test.each([
  [new UsageError("no"), 2],
  [new CommanderError(1, "commander.unknownOption", "no"), 2],
  [new CommanderError(0, "commander.help", ""), 0],
  [new ClientError({ code: "request.malformed", detail: "d", status: 400 }), 2],
  [new ClientError({ code: "server.unreachable", detail: "d" }), 3],
  [new ClientError({ code: "server.untrusted", detail: "d" }), 3],
  [new ClientError({ code: "identity.forbidden", detail: "d", status: 403 }), 4],
  [new ClientError({ code: "selector.no-match", detail: "d", status: 422 }), 5],
  [new ClientError({ code: "some.newer-code", detail: "d", status: 418 }), 1],
  [new Error("bug"), 1],
  [new SuppressedError(new TypeError("bug"), new ClientError({ code: "identity.forbidden", detail: "d" })), 4],
])("%s ends with %i", async (cause, status) => {
  expect((await told(cause)).status).toBe(status);
});

test("a wrong selector shows where, once", async () => {
  const { text } = await told(
    new ClientError({
      code: "selector.malformed",
      detail: "no term",
      status: 400,
      next: "lab:(\n    ^",
      details: { caret: "lab:(\n    ^" },
    }),
  );
  expect(text).toBe("error: no term (selector.malformed)\n  lab:(\n      ^\n");
});

test("what the server says does nothing to the terminal, and its advice follows", async () => {
  const { text } = await told(new ClientError({ code: "host.online", detail: "\u001b[2J", status: 409, next: "wait" }));
  expect(text).toBe("error: \\x1b[2J (host.online)\nwait\n");
});

test("without credentials it says how to give some here", async () => {
  const { text } = await told(
    new ClientError({ code: "identity.missing", detail: "d", status: 401, next: "Send a header." }),
  );
  expect(text).toContain("--token-file");
});
