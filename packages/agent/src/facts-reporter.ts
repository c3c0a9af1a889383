import { join } from "node:path";
import type { AgentFrame } from "@atalaya/protocol";
import type { Sysfs } from "./capabilities/inventory/sysfs.ts";
import { readIfThere, writeDurably } from "./platform/durable-file.ts";
import { failureOf, type Log } from "./platform/log.ts";

const EVERY_MS = 5 * 60_000;
const FIRST_MS = 2_000;
const NETWORK_EVERY_MS = 15_000;

export interface FactsReporter {
  /** Of the facts that were told last. */
  digest(): string | undefined;
  /** Reads the facts and tells them when they changed, or in any case when `wanted`. */
  report(wanted: boolean): Promise<void>;
  /** From the first link on. */
  begin(): void;
  close(): void;
}

/** Facts are read after the link is up, for they cost more than connecting, and told only when their digest changed. */
export async function keepFacts(needs: {
  readonly data: string;
  readonly files: Sysfs;
  /** What control groups limit here; absent: there are none. */
  readonly groups?: readonly string[];
  readonly log: Log;
  send(frame: AgentFrame): void;
}): Promise<FactsReporter> {
  const path = join(needs.data, "facts-digest");
  let digest = (await readIfThere(path).catch(() => undefined))?.trim() || undefined;
  const timers: NodeJS.Timeout[] = [];
  let network: string | undefined;
  let last: Promise<void> = Promise.resolve();

  async function read(wanted: boolean): Promise<void> {
    const { digestOf, readFacts } = await import("./capabilities/inventory/facts.ts");
    const facts = await readFacts(needs.files, needs.groups);
    const now = digestOf(facts);
    if (!wanted && now === digest) return;
    needs.send({ type: "facts", facts, digest: now });
    if (now === digest) return;
    digest = now;
    await writeDurably(path, `${now}\n`);
  }
  const report = (wanted: boolean): Promise<void> =>
    (last = last.then(() => read(wanted)).catch((error: unknown) => needs.log.warn("facts.failed", failureOf(error))));
  // Carriers and addresses, cheaply: a changed network is told soon, everything else every few minutes.
  const networkNow = (): string => {
    const routes = needs.files.text("proc/net/route") ?? "";
    return needs.files
      .list("sys/class/net")
      .reduce((text, name) => `${text} ${name}=${needs.files.text(`sys/class/net/${name}/operstate`)}`, routes);
  };
  return {
    digest: () => digest,
    report,
    begin() {
      if (timers.length > 0) return;
      network = networkNow();
      timers.push(
        setTimeout(() => void report(false), FIRST_MS),
        setInterval(() => void report(false), EVERY_MS),
        setInterval(() => {
          const now = networkNow();
          if (now === network) return;
          network = now;
          void report(false);
        }, NETWORK_EVERY_MS),
      );
      for (const timer of timers) timer.unref();
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
