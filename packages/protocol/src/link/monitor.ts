/**
 * Words. A *sample* is how a host fares at one moment. The server says how often it wants one, and for how long (the
 * *lease*): when that is over, and nobody asked again, the agent is back at the slow pace. What a host cannot tell is
 * absent, never guessed.
 */
import { z } from "zod";

/** The capability of agents that send samples. */
export const MONITOR = "monitor";

const Amount = z.number().min(0);
const Fraction = z.number().min(0).max(1);
const Title = z.string().max(256);
const Rates = z.object({
  name: Title,
  rxBytesPerSecond: Amount.optional(),
  txBytesPerSecond: Amount.optional(),
  rxBytes: Amount,
  txBytes: Amount,
});

export const Sample = z.object({
  /** Epoch milliseconds by the host's clock. */
  at: z.int().min(0),
  uptimeSeconds: Amount.optional(),
  load: z.tuple([Amount, Amount, Amount]).optional(),
  cpu: z
    .object({
      total: Fraction,
      cores: z.array(Fraction).max(1024),
      /** Of each core in milliseconds since the boot: user, nice, system, idle, interrupts. Only in slow samples. */
      times: z.array(z.array(Amount).length(5)).max(1024).optional(),
    })
    .optional(),
  memory: z.object({ total: Amount, free: Amount, available: Amount, cached: Amount, used: Amount }).optional(),
  swap: z.object({ total: Amount, used: Amount }).optional(),
  disks: z
    .array(z.object({ mount: Title, total: Amount, used: Amount }))
    .max(64)
    .optional(),
  networks: z.array(Rates).max(64).optional(),
  temperatures: z
    .array(z.object({ name: Title, celsius: z.number() }))
    .max(64)
    .optional(),
  /** Only while somebody watches. */
  processes: z
    .array(z.object({ pid: z.int(), name: Title, user: Title, cpu: Amount, memory: Amount }))
    .max(32)
    .optional(),
  users: z
    .array(z.object({ name: Title, terminal: Title, since: Amount.optional() }))
    .max(64)
    .optional(),
});
export type Sample = z.output<typeof Sample>;

const Look = z.tuple([
  z.int().min(0),
  Fraction.nullable(),
  Amount.nullable(),
  Fraction.nullable(),
  // Agents of before told only the four above.
  Fraction.nullable().optional(),
  Amount.nullable().optional(),
  Amount.nullable().optional(),
]);

/**
 * Agent to server. `points` are looks since the last slow sample, in a slow one and in the first that is watched: [milliseconds before `at`, CPU, load, memory used, swap
 * used, bytes received and sent a second].
 */
export const SampleFrame = z.object({
  type: z.literal("sample"),
  sample: Sample,
  points: z.array(Look).max(12).optional(),
  /** The server's `now` of the last `monitor` frame, and how long ago by our clock that came: for the clocks' skew. */
  echo: z.object({ now: z.int(), heldMs: z.int().min(0) }).optional(),
});
export type SampleFrame = z.output<typeof SampleFrame>;

/** Bridges, their ends, tunnels, VLANs and bonds: what goes through them is counted on a card already. */
const CARRIED = /^(?:veth|docker|podman|br-|virbr|vnet|tap|tun|wg|cni|flannel|cali|ifb|bond|team|dummy|lo$)|\./;

/** Whether a network's bytes count in the host's total. */
export function isCounted(network: { readonly name: string }): boolean {
  return !CARRIED.test(network.name);
}

/** Server to agent. Without a lease: from now on, while this link lasts. */
export const MonitorFrame = z.object({
  type: z.literal("monitor"),
  everyMs: z.int().min(500),
  leaseMs: z.int().min(1).optional(),
  now: z.int().min(0),
});
export type MonitorFrame = z.output<typeof MonitorFrame>;
