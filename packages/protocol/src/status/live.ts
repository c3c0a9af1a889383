import { z } from "zod";

const Amount = z.number().min(0);

/** What changes by itself, of the part `os`. `speed` in MHz as it is now; `times` in milliseconds since the boot. */
export const Live = z.object({
  uptime: Amount.optional(),
  loadavg: z.array(Amount).length(3).optional(),
  freemem: Amount.optional(),
  cpus: z
    .array(
      z.object({
        speed: Amount.optional(),
        times: z.object({ user: Amount, nice: Amount, sys: Amount, idle: Amount, irq: Amount }).optional(),
      }),
    )
    .max(4096)
    .optional(),
});
export type Live = z.output<typeof Live>;

type Loose = Readonly<Record<string, unknown>>;

/** The part `os` of whoever tells all in one, parted into what stays and what changes by itself. */
export function splitLive(os: unknown): { readonly stable: unknown; readonly live: Live } {
  if (!isObject(os)) return { stable: os, live: {} };
  const { uptime, loadavg, freemem, cpus, ...rest } = os;
  const cores = Array.isArray(cpus) ? (cpus as readonly unknown[]) : undefined;
  const stable =
    cores === undefined
      ? { ...rest, ...(cpus === undefined ? {} : { cpus }) }
      : { ...rest, cpus: cores.map((core) => (isObject(core) ? without(core) : core)) };
  const told = Live.safeParse(
    defined({
      uptime,
      loadavg,
      freemem,
      cpus: cores?.map((core) => (isObject(core) ? defined({ speed: core["speed"], times: core["times"] }) : {})),
    }),
  );
  return { stable, live: told.success ? told.data : {} };
}

/** The part `os` as it is shown, in the order of the original. */
export function joinLive(stable: unknown, live: Live | undefined): unknown {
  if (!isObject(stable)) return stable;
  const { tmpdir, endianness, hostname, type, platform, release, arch, totalmem, cpus, ...rest } = stable;
  const cores = Array.isArray(cpus)
    ? (cpus as readonly unknown[]).map((core, n) => (isObject(core) ? { ...core, ...live?.cpus?.[n] } : core))
    : cpus;
  const head = { tmpdir, endianness, hostname, type, platform, release, arch };
  return defined({
    ...head,
    uptime: live?.uptime,
    loadavg: live?.loadavg,
    totalmem,
    freemem: live?.freemem,
    cpus: cores,
    ...rest,
  });
}

function without({ speed: _, times: __, ...core }: Loose): Loose {
  return core;
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function defined(value: Loose): Loose {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}
