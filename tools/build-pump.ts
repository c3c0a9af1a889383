/**
 * `node tools/build-pump.ts` compiles the agent's pump for every architecture and writes the programs, as text, into the
 * agent's sources: nobody who installs or builds Atalaya needs a compiler. Only who changes pump.c does: Debian's gcc
 * and gcc-aarch64-linux-gnu.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** As `process.arch` names them. */
const compilers = { x64: "x86_64-linux-gnu-gcc", arm64: "aarch64-linux-gnu-gcc" } as const;

const flags = [
  "-Os",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-static",
  "-nostdlib",
  "-ffreestanding",
  "-fno-stack-protector",
  "-fno-asynchronous-unwind-tables",
  "-fno-pie",
  "-no-pie",
  "-Wl,--build-id=none",
  "-Wl,-z,noexecstack",
  "-Wl,-z,noseparate-code",
  // Also fits kernels that have larger pages.
  "-Wl,-z,max-page-size=65536",
  "-s",
];

const source = join(import.meta.dirname, "../packages/agent/native/pump.c");
const target = join(import.meta.dirname, "../packages/agent/src/capabilities/exec/pump-programs.ts");

const folder = mkdtempSync(join(tmpdir(), "pump-"));
try {
  const programs = Object.entries(compilers).map(([architecture, compiler]) => {
    const out = join(folder, architecture);
    execFileSync(compiler, [...flags, "-o", out, source], { stdio: "inherit" });
    execFileSync(compiler.replace(/gcc$/, "objcopy"), ["--remove-section=.comment", out]);
    return `  ${architecture}:\n    "${readFileSync(out).toString("base64")}",\n`;
  });
  const digest = createHash("sha256").update(readFileSync(source)).digest("hex");
  writeFileSync(
    target,
    `/** Written by tools/build-pump.ts from native/pump.c: static Linux programs, base64. */\n` +
      `export const pumpPrograms: Readonly<Record<string, string>> = {\n${programs.join("")}};\n\n` +
      `/** SHA-256 of the source they were made from. */\nexport const PUMP_SOURCE =\n  "${digest}";\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
