/** What an agent is told about its bolt, in the words of its own configuration. */
import { z } from "zod";

const port = z.int().min(0).max(65_535);
const seconds = z.int().min(1).max(86_400);

/** Strict: the originals refuse a configuration with any further key, and start over for ever. */
export const BoltConfig = z
  .strictObject({
    insecure: z.boolean().optional(),
    uplinks: z
      .array(
        z
          .string()
          .max(300)
          .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/, "is not host or host:port"),
      )
      .min(1)
      .max(64)
      .optional(),
    uplinkStrategy: z.string().max(64).optional(),
    allowRelay: z.boolean().optional(),
    relayPort: port.optional(),
    allowedPorts: z.array(port).min(1).max(256).optional(),
    listenPort: port.optional(),
    beaconInterval: seconds.optional(),
    beaconRetry: z.int().min(1).max(1_000).optional(),
    beaconValidity: seconds.optional(),
  })
  .meta({ id: "BoltConfig", description: "How a stormbolt agent connects." });
export type BoltConfig = z.output<typeof BoltConfig>;

/** What is not said is as the originals have it, but for the addresses: those are ours. */
export function completed(config: BoltConfig, uplinks: readonly string[]): BoltConfig {
  return {
    uplinks: [...uplinks],
    uplinkStrategy: "round-robin",
    allowRelay: false,
    relayPort: 0,
    allowedPorts: [5000],
    listenPort: 0,
    beaconInterval: 10,
    beaconRetry: 3,
    beaconValidity: 45,
    ...config,
  };
}
