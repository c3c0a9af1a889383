import { expect, test } from "vitest";
import { createConversation } from "./conversation.ts";

const attempt = { account: "ana", password: "geheim", answers: ["123456", "yes"], address: "192.0.2.7" };

test("the first hidden question is the password, one for the name gets it, the others the answers in order", () => {
  const { converse, unanswered, said } = createConversation(attempt);
  expect(converse({ kind: "info", text: "Welcome" })).toBeUndefined();
  expect(converse({ kind: "shown", text: "login: " })).toBe("ana");
  expect(converse({ kind: "hidden", text: "Password: " })).toBe("geheim");
  expect(converse({ kind: "hidden", text: "Verification code: " })).toBe("123456");
  expect(converse({ kind: "shown", text: "Really? " })).toBe("yes");
  expect(converse({ kind: "error", text: "Your\u001b[31m password\nexpires" })).toBeUndefined();
  expect(unanswered).toEqual([]);
  expect(said).toEqual(["Welcome", "Your [31m password expires"]);
});

test("what nobody can answer is said, and then nothing more is answered", () => {
  const { converse, unanswered } = createConversation({ ...attempt, answers: [] });
  expect(converse({ kind: "hidden", text: "Password: " })).toBe("geheim");
  expect(converse({ kind: "shown", text: "Code:" })).toBeUndefined();
  expect(converse({ kind: "shown", text: "login:" })).toBeUndefined();
  expect(unanswered).toEqual([
    { text: "Code:", echo: true },
    { text: "login:", echo: true },
  ]);
});

test("modules that talk without end are not listened to without end", () => {
  const { converse, said } = createConversation(attempt);
  for (let at = 0; at < 1_000; at++) converse({ kind: "info", text: "x".repeat(100_000) });
  expect(said.join("").length).toBeLessThanOrEqual(20_000);
});
