import { expect, test } from "vitest";
import { helpOf } from "./help.ts";
import { commands } from "./settings.ts";

test.each(commands)("the help of %s is its own, with examples as it was called", (command) => {
  const own = helpOf(command, false);
  expect(own).toMatch(new RegExp(`^Usage: atalaya-agent ${command} `));
  expect(own.split("Examples\n")[1]).toContain(`  atalaya-agent ${command}`.trimStart());
  expect(own).not.toContain("@");
  expect(helpOf(command, true)).toMatch(command === "join" ? /^Usage: atalaya join / : /^Usage: atalaya agent /);
  expect(helpOf(undefined, false)).toContain(`atalaya-agent ${command}`.replace("run", "[run]"));
  for (const line of own.split("\n")) expect(line.length).toBeLessThanOrEqual(120);
});
