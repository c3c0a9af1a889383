/** systemd's manager on its bus (org.freedesktop.systemd1(5)), reached by the system's bus or without one. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AtalayaError } from "@atalaya/protocol";
import { BusError, openBus, type Bus } from "../../platform/dbus/bus.ts";
import type { Message, Variant } from "../../platform/dbus/wire.ts";

export interface SystemdPlace {
  readonly bus: string;
  /** systemd itself, without a bus between. */
  readonly direct?: boolean;
  /** Where systemd itself is reached when the bus does not answer. */
  readonly otherwise?: string;
}

const SYSTEM_BUS = "/run/dbus/system_bus_socket";
const PRIVATE = "/run/systemd/private";

/** sd_booted(3). */
export const systemdRuns = (root = "/"): boolean => existsSync(join(root, "run/systemd/system"));

export function systemdPlace(): SystemdPlace {
  return existsSync(SYSTEM_BUS) ? { bus: SYSTEM_BUS, otherwise: PRIVATE } : { bus: PRIVATE, direct: true };
}

export interface SystemdManager extends Disposable {
  /** The answer's values. Throws `service.unknown`, `service.failed`. */
  ask(member: string, signature?: string, ...body: readonly unknown[]): Promise<readonly unknown[]>;
  /** Of systemd, as 252; undefined when it does not say. */
  version(): Promise<number | undefined>;
  /** Of a unit, and of the service if it is one. */
  properties(unit: string): Promise<ReadonlyMap<string, unknown>>;
  /** systemd tells of its units only to those who have asked. */
  subscribe(): Promise<unknown>;
  onSignal(heard: (signal: Message) => void): Disposable;
  readonly closed: Promise<void>;
}

const SYSTEMD = "org.freedesktop.systemd1";
const BUS = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus" };
const MANAGER = { destination: SYSTEMD, path: "/org/freedesktop/systemd1", interface: `${SYSTEMD}.Manager` };
/** Throws `service.manager-missing`. */
export async function openManager(place: SystemdPlace): Promise<SystemdManager> {
  const { bus, direct } = await connect(place);
  const ask: SystemdManager["ask"] = (member, signature = "", ...body) =>
    bus.call({ ...MANAGER, member, signature, body }).catch((error: unknown) => {
      throw failureOf(error);
    });
  let subscribed: Promise<unknown> | undefined;
  return {
    ask,
    version,
    properties,
    subscribe: () => (subscribed ??= subscribeTo(bus, direct, () => ask("Subscribe"))),
    onSignal: (heard) => bus.onSignal(heard),
    closed: bus.closed,
    [Symbol.dispose]: () => bus[Symbol.dispose](),
  };

  async function version(): Promise<number | undefined> {
    const property = { interface: "org.freedesktop.DBus.Properties", member: "Get", signature: "ss" };
    const [told] = await bus.call({ ...MANAGER, ...property, body: [MANAGER.interface, "Version"] }).catch(() => []);
    // As `252.38-1~deb12u1` or `v255`.
    const [, number] = /^v?(\d+)/.exec(String((told as Variant | undefined)?.value)) ?? [];
    return number === undefined ? undefined : Number(number);
  }

  async function properties(unit: string): Promise<ReadonlyMap<string, unknown>> {
    const [path] = await ask("LoadUnit", "s", unit);
    const all = await Promise.all(
      ["Unit", "Service"].map((part) =>
        bus
          .call({
            destination: SYSTEMD,
            path: String(path),
            interface: "org.freedesktop.DBus.Properties",
            member: "GetAll",
            signature: "s",
            body: [`${SYSTEMD}.${part}`],
          })
          // Timers and their like are no services.
          .catch(() => [[]]),
      ),
    );
    const entries = all.flatMap(([dictionary]) => dictionary as readonly [string, Variant][]);
    return new Map(entries.map(([name, { value }]) => [name, value]));
  }
}

async function connect({ bus: path, direct = false, otherwise }: SystemdPlace): Promise<{ bus: Bus; direct: boolean }> {
  try {
    const bus = await openBus(path, { direct });
    if (!direct) await findOn(bus);
    return { bus, direct };
  } catch (cause) {
    // Of root only.
    if (otherwise !== undefined && existsSync(otherwise)) return connect({ bus: otherwise, direct: true });
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new AtalayaError("service.manager-missing", `systemd does not answer at ${path}: ${message}`, { cause });
  }
}

/** A bus that has just begun may not have systemd yet. */
async function findOn(bus: Bus): Promise<void> {
  try {
    await bus.call({ ...BUS, member: "GetNameOwner", signature: "s", body: [SYSTEMD] });
  } catch (error) {
    bus[Symbol.dispose]();
    throw error;
  }
}

async function subscribeTo(bus: Bus, direct: boolean, ask: () => Promise<unknown>): Promise<void> {
  if (!direct) {
    const rules = [
      `type='signal',sender='${SYSTEMD}',interface='${MANAGER.interface}'`,
      `type='signal',sender='${SYSTEMD}',interface='org.freedesktop.DBus.Properties',path_namespace='/org/freedesktop/systemd1/unit'`,
    ];
    for (const rule of rules) await bus.call({ ...BUS, member: "AddMatch", signature: "s", body: [rule] });
  }
  await ask();
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof BusError)) return error;
  const code = /\.(NoSuchUnit|UnitNotFound|FileNotFound|NoSuchFile)$|LoadFailed$/.test(error.error)
    ? "service.unknown"
    : "service.failed";
  return new AtalayaError(code, `systemd: ${error.message}`, { cause: error });
}
