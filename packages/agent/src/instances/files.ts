/** The files of one instance's folder, `<data>/instances/<name>/`. Who writes each stands beside it. */
import { join } from "node:path";
import { ServiceSpec } from "@atalaya/protocol";
import { z } from "zod";

export interface InstanceFiles {
  readonly folder: string;
  /** Agent, durably: what it is. */
  readonly spec: string;
  /** Agent, durably before a start: whether it should run, and which attempt that is. */
  readonly wish: string;
  /** Of one attempt. Whoever creates it exclusively decides: the minder, that it starts; a later agent, that it never will. */
  claim(attempt: number): string;
  /** Minder's second stage: process id, start in ticks since boot. The program has both of it. */
  process(attempt: number): string;
  /** Minder: how the program ended. */
  exit(attempt: number): string;
  /** The last stage: why the program could not be executed. */
  obstacle: string;
  /** In a folder of their own: who watches the other is not told of every line. */
  readonly logs: string;
  readonly log: string;
  /** Agent: what stood before what is in the log now. */
  readonly olderLog: string;
}

export function instanceFiles(all: string, name: string): InstanceFiles {
  const folder = join(all, name);
  const file = (part: string): string => join(folder, part);
  return {
    folder,
    spec: file("spec.json"),
    wish: file("wish.json"),
    claim: (attempt) => file(`claim-${attempt}`),
    process: (attempt) => file(`process-${attempt}`),
    exit: (attempt) => file(`exit-${attempt}`),
    obstacle: file("obstacle"),
    logs: file("logs"),
    log: file("logs/log"),
    olderLog: file("logs/log.1"),
  };
}

/** Never a path, and never hidden. */
export function isInstanceName(name: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9:_.@-]{0,199}$/.test(name);
}

export const Wish = z.object({
  running: z.boolean(),
  attempt: z.int().min(0),
  /** Of this attempt. */
  bootId: z.string(),
  /** By us, since somebody started it. */
  restarts: z.int().min(0),
  /** In a row that ended too soon: what the next wait doubles by. */
  failures: z.int().min(0),
});
export type Wish = z.output<typeof Wish>;

export const StoredSpec = ServiceSpec;

export interface Begun {
  readonly pid: number;
  readonly since: number;
}

/** Torn is not there. */
export function readBegun(text: string): Begun | undefined {
  const found = /^([1-9]\d{0,9}) (\d+) \.\n$/.exec(text);
  return found === null ? undefined : { pid: Number(found[1]), since: Number(found[2]) };
}

export function readExit(text: string): number | undefined {
  const found = /^(\d{1,3}) \.\n$/.exec(text);
  return found === null ? undefined : Number(found[1]);
}
