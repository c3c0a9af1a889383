import { expect, test } from "vitest";
import type { Script } from "../../api/scripts.ts";
import { choicesIn, draftOf, isVariable, wishOf } from "./draft.ts";

const script: Script = {
  name: "restart",
  description: "Restarts a service",
  text: 'systemctl restart "$SERVICE"\n',
  interpreter: "bash",
  createdBy: "pam:ana",
  changedBy: "pam:ana",
  changedAt: 1,
  parameters: [
    {
      type: "choice",
      name: "SERVICE",
      label: "Service",
      choices: ["nginx", "apache2"],
      default: "nginx",
      required: true,
    },
    { type: "number", name: "TRIES", min: 0, max: 9, integer: true, default: 3, required: true },
    { type: "string", name: "MESSAGE", multiline: true, maxLength: 80, required: false },
    { type: "boolean", name: "QUIET", default: true, required: true },
    { type: "secret", name: "TOKEN", required: true },
    { type: "file", name: "CONFIG", required: false },
  ],
};

test("a script that is opened and saved is as it was", () => {
  const { text, interpreter, parameters, description } = script;
  expect(wishOf(draftOf(script))).toEqual({ text, interpreter, parameters, description });
});

test("choices stand one a line, and names are those of variables", () => {
  expect(choicesIn("a\n\n b \na\n")).toEqual(["a", "b"]);
  expect(["A_1", "1A", "a-b", ""].map(isVariable)).toEqual([true, false, false, false]);
});
