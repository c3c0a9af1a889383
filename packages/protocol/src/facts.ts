import { z } from "zod";

const short = z.string().max(1024);
const bytes = z.int().min(0);

/** What an agent says about its machine. A part that cannot be read is absent, never guessed. Facts may be false: nothing secret hangs on them. */
export const Facts = z.object({
  hostname: short.optional(),
  os: z.object({ id: short, version: short.optional(), name: short.optional(), family: short.optional() }).optional(),
  kernel: z.object({ name: short, release: short, arch: short }).optional(),
  cpu: z.object({ model: short.optional(), cores: z.int().min(1), sockets: z.int().min(1).optional() }).optional(),
  memory: z.object({ totalBytes: bytes, swapBytes: bytes.optional() }).optional(),
  disks: z
    .array(
      z.object({
        name: short,
        sizeBytes: bytes,
        model: short.optional(),
        serial: short.optional(),
        rotational: z.boolean().optional(),
      }),
    )
    .max(256)
    .optional(),
  networks: z
    .array(
      z.object({
        name: short,
        mac: short.optional(),
        addresses: z.array(short).max(64),
        speedMbps: z.number().optional(),
        up: z.boolean().optional(),
      }),
    )
    .max(256)
    .optional(),
  virtualization: short.optional(),
  vendor: short.optional(),
  product: short.optional(),
  serial: short.optional(),
  uuid: short.optional(),
  timezone: short.optional(),
  /** Each command has a control group of its own, and these controllers limit it. Absent: no groups, limits hold for each process. */
  cgroups: z.object({ controllers: z.array(short).max(16) }).optional(),
  bootedAt: z.int().optional(),
});
export type Facts = z.output<typeof Facts>;

/** What tells a machine apart from others. SMBIOS first (DSP0134), then the MACs of its physical network cards. */
export const Fingerprint = z.object({
  uuid: z.string().max(64).optional(),
  serial: z.string().max(128).optional(),
  macs: z.array(z.string().regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/)).max(64),
});
export type Fingerprint = z.output<typeof Fingerprint>;

/** `live` is our small Linux; `os` an installed operating system, told apart by its partition or machine id. */
export const SystemIdentity = z.object({
  kind: z.enum(["live", "os"]),
  /** For `os`: what names it on this host, e.g. the partition's UUID or the machine id's hash. */
  name: z.string().max(128),
});
export type SystemIdentity = z.output<typeof SystemIdentity>;
