/** systemd by its own interface on the bus (org.freedesktop.systemd1(5)). */
import { readFile, rm } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AtalayaError, type ServiceSpec, type ServiceState, type ServiceStatus } from "@atalaya/protocol";
import { writeDurably } from "../../platform/durable-file.ts";
import { BusError, openBus, type Bus } from "../../platform/dbus/bus.ts";
import { pause } from "../../platform/pause.ts";
import type { Variant } from "../../platform/dbus/wire.ts";
import { MARK, unitText } from "./unit-file.ts";

export interface Systemd extends Disposable {
  list(): Promise<readonly ServiceStatus[]>;
  /** Throws `service.unknown`. */
  status(name: string): Promise<ServiceStatus>;
  /** Resolves when systemd has done it, and what was started has run for a moment. Throws `service.failed`. */
  act(action: "start" | "stop" | "restart", name: string): Promise<void>;
  enable(name: string, on: boolean): Promise<void>;
  /** Whether the unit file is other than before. */
  add(name: string, spec: ServiceSpec): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** Calls whenever a unit has changed. */
  watch(changed: () => void): Promise<Disposable>;
  readonly closed: Promise<void>;
}

export interface SystemdPlace {
  readonly bus: string;
  /** systemd itself, without a bus between. */
  readonly direct?: boolean;
  /** Where systemd itself is reached when the bus does not answer. */
  readonly otherwise?: string;
  readonly units?: string;
}

const SYSTEM_BUS = "/run/dbus/system_bus_socket";
const PRIVATE = "/run/systemd/private";

/** sd_booted(3). */
export const systemdRuns = (root = "/"): boolean => existsSync(join(root, "run/systemd/system"));

export function systemdPlace(): SystemdPlace {
  return existsSync(SYSTEM_BUS) ? { bus: SYSTEM_BUS, otherwise: PRIVATE } : { bus: PRIVATE, direct: true };
}

const SYSTEMD = "org.freedesktop.systemd1";
const BUS = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus" };
const MANAGER = { destination: SYSTEMD, path: "/org/freedesktop/systemd1", interface: `${SYSTEMD}.Manager` };
/** `ListUnits`: what of it is looked at. */
type Unit = readonly [name: string, description: string, load: string, active: string, sub: string, ...rest: unknown[]];

/** What started and ended sooner did not start. */
const PROOF_MS = 500;
const LOOK_MS = 50;

/** What systemd itself ends a service with (systemd.exec(5), "Process Exit Codes"). */
const NEVER_BEGAN: Readonly<Record<number, string>> = {
  200: "it cannot change to its folder",
  203: "its program is not there, or cannot be executed",
  216: "its group cannot be used",
  217: "its account cannot be used",
};

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

export async function openSystemd({ units = "/etc/systemd/system", ...place }: SystemdPlace): Promise<Systemd> {
  const { bus, direct } = await connect(place);
  const manager = (member: string, signature = "", ...body: unknown[]): Promise<readonly unknown[]> =>
    bus.call({ ...MANAGER, member, signature, body }).catch((error: unknown) => {
      throw failureOf(error);
    });
  let subscribed: Promise<unknown> | undefined;
  const subscribe = (): Promise<unknown> => (subscribed ??= subscribeTo(bus, direct, () => manager("Subscribe")));

  async function properties(unit: string): Promise<ReadonlyMap<string, unknown>> {
    const [path] = await manager("LoadUnit", "s", unit);
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

  async function status(name: string): Promise<ServiceStatus> {
    const unit = unitName(name);
    const known = await properties(unit);
    if (known.get("LoadState") === "not-found") throw new AtalayaError("service.unknown", `systemd knows no ${unit}`);
    const pid = Number(known.get("MainPID") ?? 0);
    const since = Number(known.get("StateChangeTimestamp") ?? 0n) / 1000;
    const file = textOf(known.get("UnitFileState"));
    const state = stateOf(textOf(known.get("ActiveState")), textOf(known.get("SubState")));
    const exitCode = Number(known.get("ExecMainStatus") ?? 0);
    return {
      name: unit.replace(/\.service$/, ""),
      manager: "systemd",
      state,
      ...enabledOf(file),
      ...describe(textOf(known.get("Description"))),
      ...(pid > 0 ? { pid } : {}),
      ...(since > 0 ? { since } : {}),
      ...(known.has("NRestarts") ? { restarts: Number(known.get("NRestarts")) } : {}),
      ...(state === "failed" ||
      state === "waiting" ||
      (state === "stopped" && Number(known.get("ExecMainExitTimestamp") ?? 0n) > 0)
        ? { exitCode: Number(known.get("ExecMainCode") ?? 1) === 1 ? exitCode : 128 + exitCode }
        : {}),
    };
  }

  async function act(action: "start" | "stop" | "restart", name: string): Promise<void> {
    const unit = unitName(name);
    await status(name);
    await subscribe();
    const removed = new Map<string, string>();
    let told = (): void => undefined;
    using _hearing = bus.onSignal((signal) => {
      if (signal.member !== "JobRemoved") return;
      removed.set(String(signal.body[1]), String(signal.body[3]));
      told();
    });
    const member = { start: "StartUnit", stop: "StopUnit", restart: "RestartUnit" }[action];
    const [job] = await manager(member, "ss", unit, "replace");
    let gone = false;
    void bus.closed.then(() => {
      gone = true;
      told();
    });
    while (!removed.has(String(job))) {
      if (gone) throw new AtalayaError("service.failed", "systemd went away");
      await new Promise<void>((resolve) => (told = resolve));
    }
    const result = removed.get(String(job))!;
    if (result !== "done" && result !== "skipped")
      throw new AtalayaError("service.failed", `systemd could not ${action} ${unit}: the job ended with ${result}`);
    if (action !== "stop") await stays(unit);
  }

  /** A simple service is started, to systemd, before its program is even looked for. */
  async function stays(unit: string): Promise<void> {
    const until = performance.now() + PROOF_MS;
    let first: number | undefined;
    for (;;) {
      const { state, pid, exitCode } = await status(unit);
      first ??= pid;
      if (state === "failed" || state === "waiting" || (state === "running" && pid !== first)) {
        const code = exitCode === undefined ? "" : ` with ${exitCode}`;
        const why = exitCode === undefined ? undefined : NEVER_BEGAN[exitCode];
        const message = `${unit} ended${code} as soon as it was started${why === undefined ? "" : `: ${why}`}`;
        throw new AtalayaError("service.failed", message);
      }
      if (state !== "running" || first === undefined || performance.now() >= until) return;
      await pause(LOOK_MS);
    }
  }

  async function enable(name: string, on: boolean): Promise<void> {
    const unit = unitName(name);
    if (on) {
      const [hasInstall] = await manager("EnableUnitFiles", "asbb", [unit], false, true);
      if (hasInstall === false)
        throw new AtalayaError(
          "service.failed",
          `${unit} cannot be enabled: it does not say what it begins with ([Install]), others start it`,
        );
    } else await manager("DisableUnitFiles", "asb", [unit], false);
    await manager("Reload");
  }

  /** Undefined: there is none of this name. Throws `service.foreign` for one that is not ours. */
  async function ours(name: string): Promise<string | undefined> {
    const path = join(units, unitName(name));
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined && !text.startsWith(MARK))
      throw new AtalayaError("service.foreign", `${path} was not added from here, and is left alone`);
    return text;
  }

  return {
    closed: bus.closed,
    async list() {
      const [[loaded], [files]] = await Promise.all([
        manager("ListUnitsByPatterns", "asas", [], ["*.service"]),
        manager("ListUnitFilesByPatterns", "asas", [], ["*.service"]),
      ]);
      const enabled = new Map(
        (files as readonly [string, string][]).map(([at, state]) => [at.split("/").at(-1)!, state]),
      );
      const found = (loaded as readonly Unit[])
        .filter(([, , load]) => load !== "not-found")
        .map(([name, description, , active, sub]) => ({
          name: name.replace(/\.service$/, ""),
          manager: "systemd" as const,
          state: stateOf(active, sub),
          ...enabledOf(enabled.get(name) ?? ""),
          ...describe(description),
        }));
      const names = new Set(found.map(({ name }) => `${name}.service`));
      const idle = [...enabled]
        // Templates run under other names, aliases under their own.
        .filter(([name, state]) => !names.has(name) && !name.endsWith("@.service") && state !== "alias")
        .map(([name, state]) => ({
          name: name.replace(/\.service$/, ""),
          manager: "systemd" as const,
          state: "stopped" as const,
          ...enabledOf(state),
        }));
      return [...found, ...idle].toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    status,
    act,
    enable,
    async add(name, spec) {
      const before = await ours(name);
      const known = await status(name).catch(() => undefined);
      if (before === undefined && known !== undefined)
        throw new AtalayaError("service.foreign", `${unitName(name)} exists, and was not added from here`);
      const text = unitText(name, spec);
      if (text === before) return false;
      await writeDurably(join(units, unitName(name)), text, 0o644);
      await manager("Reload");
      await enable(name, spec.autostart);
      return true;
    },
    async remove(name) {
      if ((await ours(name)) === undefined)
        throw new AtalayaError("service.unknown", `no ${unitName(name)} was added from here`);
      await act("stop", name);
      await enable(name, false);
      await rm(join(units, unitName(name)));
      await manager("Reload");
    },
    async watch(changed) {
      await subscribe();
      return bus.onSignal(({ member }) => {
        if (["JobRemoved", "UnitNew", "UnitRemoved", "UnitFilesChanged", "PropertiesChanged"].includes(member ?? ""))
          changed();
      });
    },
    [Symbol.dispose]: () => bus[Symbol.dispose](),
  };
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

/** With the suffix that a service has when none is said. */
export function unitName(name: string): string {
  return /\.(service|socket|target|timer|mount|automount|swap|path|slice|scope)$/.test(name) ? name : `${name}.service`;
}

function stateOf(active: string, sub: string): ServiceState {
  switch (active) {
    case "active":
    case "reloading":
      return "running";
    case "activating":
      return sub.startsWith("auto-restart") ? "waiting" : "starting";
    case "deactivating":
      return "stopping";
    case "failed":
      return "failed";
    default:
      return "stopped";
  }
}

/** What cannot be enabled or disabled is neither. */
function enabledOf(state: string): { enabled?: boolean } {
  if (state.startsWith("enabled")) return { enabled: true };
  return /^(disabled|masked)/.test(state) ? { enabled: false } : {};
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function describe(text: string): { description?: string } {
  return text === "" ? {} : { description: text.slice(0, 512) };
}

function failureOf(error: unknown): unknown {
  if (!(error instanceof BusError)) return error;
  const code = /\.(NoSuchUnit|UnitNotFound|FileNotFound|NoSuchFile)$|LoadFailed$/.test(error.error)
    ? "service.unknown"
    : "service.failed";
  return new AtalayaError(code, `systemd: ${error.message}`, { cause: error });
}
