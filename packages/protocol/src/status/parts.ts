import { z } from "zod";

/** The capability of agents that tell their status. */
export const STATUS = "status";
/** Canonical JSON of all parts of one host together. */
export const MAX_STATUS_BYTES = 2 * 1024 * 1024;

const Title = z.string().max(1024);
const Open = z.record(z.string().max(256), z.unknown());
const Port = z.union([z.int().min(0).max(65_535), z.string().max(16)]);
const Card = z.looseObject({ address: Title, family: z.enum(["IPv4", "IPv6"]), internal: z.boolean() });

/** Each part of what our agent says, in the order in which a status is shown. What cannot be read is absent. */
export const statusParts = {
  /** New with every start of the agent's process. */
  instance: z.string().max(64),
  activated: z.boolean(),
  running: z.boolean(),
  env: Open.nullable(),
  haveCredentials: z.boolean(),
  config: Open,
  os: z.looseObject({
    hostname: Title.optional(),
    type: Title.optional(),
    platform: Title.optional(),
    release: Title.optional(),
    arch: Title.optional(),
    endianness: z.enum(["LE", "BE"]).optional(),
    tmpdir: Title.optional(),
    totalmem: z.number().min(0).optional(),
    cpus: z
      .array(z.looseObject({ model: Title }))
      .max(4096)
      .optional(),
    networkInterfaces: z.record(z.string().max(256), z.array(Card).max(1024)).optional(),
  }),
  uplink: z.object({ host: Title, port: Port }).nullable(),
  clients: z.array(z.looseObject({ cname: Title })).max(10_000),
  packages: z
    .array(
      z.looseObject({
        id: Title,
        name: Title,
        version: Title,
        source: Title.optional(),
        type: Title.optional(),
        status: Open.optional(),
      }),
    )
    .max(20_000),
  services: z.array(z.looseObject({ id: Title, running: z.boolean().optional() })).max(10_000),
  instances: z.array(z.looseObject({ id: Title })).max(10_000),
  /** What the agent can do, and by which of its parts. */
  plugins: z.array(z.object({ name: Title, version: Title.optional() })).max(256),
  /** Of the agent and of what it runs on. */
  versions: z.record(z.string().max(256), Title),
} as const satisfies Record<string, z.ZodType>;

export type StatusName = keyof typeof statusParts;
export const statusNames = Object.keys(statusParts) as readonly StatusName[];
/** What does not change by itself. */
export type Status = { readonly [Name in StatusName]?: z.output<(typeof statusParts)[Name]> };
