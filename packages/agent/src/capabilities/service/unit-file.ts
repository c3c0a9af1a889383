/** A unit of systemd from a service's specification. Pure. (systemd.syntax(7), systemd.service(5)) */
import type { ServiceSpec } from "@atalaya/protocol";

/** How a unit is known to be ours: no other is ever replaced or removed. */
export const MARK = "# Added by Atalaya. What is changed here is lost when the service is added again.";

/** Older ones do not know the growing wait: they would complain of it at every start, and wait the shortest time. */
const GROWING_SINCE = 254;

/** `version`: of the systemd that it is for. */
export function unitText(name: string, spec: ServiceSpec, version = GROWING_SINCE): string {
  const { program, args, account, cwd, env = {}, restart, backoffMs, longestBackoffMs, stopMs } = spec;
  const lines = [
    MARK,
    "[Unit]",
    `Description=${plain(spec.description ?? name)}`,
    "After=network.target",
    // The back-off below is the limit.
    "StartLimitIntervalSec=0",
    "",
    "[Service]",
    `ExecStart=${[program, ...args].map((word) => commandWord(word)).join(" ")}`,
    ...(account === undefined ? [] : [`User=${plain(account)}`]),
    ...(cwd === undefined ? [] : [`WorkingDirectory=${plain(cwd)}`]),
    ...Object.entries(env).map(([variable, value]) => `Environment=${quoted(`${variable}=${value}`)}`),
    `Restart=${restart === "never" ? "no" : restart}`,
    `RestartSec=${backoffMs}ms`,
    ...(longestBackoffMs > backoffMs && version >= GROWING_SINCE
      ? ["RestartSteps=8", `RestartMaxDelaySec=${longestBackoffMs}ms`]
      : []),
    `TimeoutStopSec=${stopMs}ms`,
    "",
    "[Install]",
    "WantedBy=multi-user.target",
    "",
  ];
  return lines.join("\n");
}

/** `%` begins a specifier everywhere. */
const plain = (text: string): string => text.replaceAll("%", "%%");

function quoted(text: string): string {
  const escaped = plain(text)
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `"${escaped}"`;
}

/** In commands `$` begins a variable, too. */
const commandWord = (text: string): string => quoted(text.replaceAll("$", "$$$$"));
