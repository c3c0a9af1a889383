import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/** Time since boot, which no one can set: limits that began before the agent's restart still end when they should. */
export interface BootClock {
  /** Changes with every boot. */
  readonly bootId: string;
  uptimeMs(): number;
}

export function bootClock(): BootClock {
  return { bootId: readBootId(), uptimeMs };
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "unknown";
  }
}

// Read from where the wrapper reads it too, so that both speak of one clock even where /proc is a container's.
function uptimeMs(): number {
  try {
    return parseUptime(readFileSync("/proc/uptime", "utf8"));
  } catch {
    return Math.round(uptime() * 1000);
  }
}

export function parseUptime(text: string): number {
  return Math.round(Number.parseFloat(text) * 1000);
}
