import { readFile } from "node:fs/promises";
import { AtalayaError } from "@atalaya/protocol";
import { agentStart } from "./agent-start.ts";

export interface InstallScriptParts {
  /** `host:port`, in order of preference. */
  readonly servers: readonly string[];
  readonly caPem: string;
  /** Lower-case hex SHA-256s. */
  readonly bundleSha256: string;
  /** Of the runtime's binary, not of its compressed form. */
  readonly runtimeSha256: Readonly<Partial<Record<Arch, string>>>;
  /** Of the library for terminals. */
  readonly terminalSha256: Readonly<Partial<Record<Arch, string>>>;
}

export type Arch = "x64" | "arm64";
export const archs: readonly Arch[] = ["x64", "arm64"];

/** The text of install.sh before it is filled in. */
export function readInstallTemplate(): Promise<string> {
  return readFile(new URL("./install.sh", import.meta.url), "utf8");
}

// All of these stand between single quotes of a script that root runs.
const harmless = /^[A-Za-z0-9 ._:[\]\n+/=-]*$/;

/** The script as machines get it. It holds no secret: its SHA-256 goes into the join line. */
export function fillInstallScript(template: string, parts: InstallScriptParts): string {
  const values: Readonly<Record<string, string>> = {
    SERVERS: parts.servers.join(" "),
    BUNDLE_SHA256: parts.bundleSha256,
    RUNTIME_SHA256_X64: parts.runtimeSha256.x64 ?? "",
    RUNTIME_SHA256_ARM64: parts.runtimeSha256.arm64 ?? "",
    TERMINAL_SHA256_X64: parts.terminalSha256.x64 ?? "",
    TERMINAL_SHA256_ARM64: parts.terminalSha256.arm64 ?? "",
    NODE_FLAGS: agentStart.nodeFlags.join(" "),
    NODE_ENVIRONMENT: Object.entries(agentStart.environment)
      .map(([name, value]) => `${name}=${value}`)
      .join(" "),
    CA_PEM: parts.caPem.trim(),
  };
  return template.replace(/@@([A-Z0-9_]+)@@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || !harmless.test(value))
      throw new AtalayaError("server.internal", `install.sh cannot hold ${name}`);
    return value;
  });
}
