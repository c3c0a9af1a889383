import fc from "fast-check";
import { expect, test } from "vitest";
import { escapes } from "./escape.ts";

function typed(...keys: readonly string[]): string {
  const one = escapes();
  let sent = "";
  for (const some of keys) {
    const { send, leave } = one.read(Buffer.from(some));
    sent += Buffer.from(send).toString();
    if (leave) return `${sent}[left]`;
  }
  return sent;
}

test("~. at the beginning of a line leaves, wherever the keys are cut", () => {
  expect(typed("~.")).toBe("[left]");
  expect(typed("ls\r~", ".")).toBe("ls\r[left]");
  expect(typed("ls ~.\r")).toBe("ls ~.\r");
  expect(typed("~~.")).toBe("~.");
  expect(typed("~x~.")).toBe("~x~.");
  expect(typed("cd ~/src\r~", "\r", "~.")).toBe("cd ~/src\r~\r[left]");
});

test("everything else goes through as it is", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (keys) => {
      fc.pre(!keys.includes(0x7e));
      expect(escapes().read(keys)).toEqual({ send: keys, leave: false });
    }),
  );
});
