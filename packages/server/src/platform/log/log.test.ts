import { AtalayaError } from "@atalaya/protocol";
import { expect, test } from "vitest";
import { createLog, type LogLevel } from "./log.ts";
import { prettyLine } from "./pretty.ts";

function collecting(level: LogLevel = "info") {
  const lines: string[] = [];
  return { lines, log: createLog({ level, destination: { write: (line) => void lines.push(line) } }) };
}

test("a line is one JSON object with time, level and sentence", () => {
  const { lines, log } = collecting();
  log.child({ request: "req_1" }).info({ run: "run_1" }, "asked");
  expect(JSON.parse(lines[0]!)).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    request: "req_1",
    run: "run_1",
    msg: "asked",
  });
});

test("fields named like secrets are never written, at any of four levels", () => {
  const { lines, log } = collecting();
  const secret = "hunter2-hunter2";
  log.info({ token: secret, req: { headers: { authorization: secret, "set-cookie": secret } } }, "one");
  log.info({ job: { request: { secrets: { DB: secret }, stdin: secret } } }, "two");
  log.child({ password: secret }).warn("three");
  expect(lines).toHaveLength(3);
  expect(lines.join("")).not.toContain(secret);
});

test("secrets are recognised by their form inside texts and errors", () => {
  const { lines, log } = collecting();
  const token = `atj_${"a".repeat(32)}.${"b".repeat(43)}`;
  log.info(`joining with ${token}`);
  log.error(
    { err: new Error(`connect postgres://atalaya:pa55word@db:5432/x failed`, { cause: new Error(token) }) },
    "no",
  );
  log.info({ header: "Bearer abcdefghijklmnop" }, "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----");
  const text = lines.join("");
  expect(text).not.toContain("aaaaaaaa");
  expect(text).not.toContain("pa55word");
  expect(text).not.toContain("abcdefghij");
  expect(text).not.toContain("MHcC");
  for (const line of lines) JSON.parse(line);
});

test("an error keeps its code", () => {
  const { lines, log } = collecting();
  log.error({ err: new AtalayaError("host.unknown", "no host pc01") }, "refused");
  expect(JSON.parse(lines[0]!).err).toMatchObject({ code: "host.unknown" });
});

test("for people: time, level, sentence and fields, without control characters of others", () => {
  const { lines, log } = collecting();
  log.warn({ host: "pc\u001b[31m01", state: "offline" }, "went \u009b31m away");
  expect(prettyLine(lines[0]!, { color: false })).toMatch(
    /^\d\d:\d\d:\d\d warn {2}went \\x9b31m away host="pc\\u001b\[31m01" state=offline\n$/,
  );
  expect(prettyLine("not JSON\n", { color: true })).toBe("not JSON\n");
});
