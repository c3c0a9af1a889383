import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("what the starter left open reaches nobody that this process starts, beyond any gap", () => {
  const program = `
    import { execFileSync } from "node:child_process";
    const seen = () => execFileSync("ls", ["/proc/self/fd"], { encoding: "utf8" }).trim().split("\\n").join(" ");
    const before = seen();
    const { closeInherited } = await import(${JSON.stringify(join(import.meta.dirname, "inherited.ts"))});
    closeInherited();
    console.log(JSON.stringify([before, seen()]));
  `;
  const script = `exec 5</dev/null 251</dev/null; exec "$1" --input-type=module -e "$2"`;
  const out = execFileSync("bash", ["-c", script, "starter", process.execPath, program], { encoding: "utf8" });
  // `ls` itself has the folder open as its next one.
  expect(JSON.parse(out)).toEqual(["0 1 2 251 3", "0 1 2 3"]);
});
