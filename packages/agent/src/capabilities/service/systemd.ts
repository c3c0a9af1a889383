/** Services by systemd: what they are, and what is done to them. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { AtalayaError, type ServiceSpec, type ServiceStatus } from "@atalaya/protocol";
import { writeDurably } from "../../platform/durable-file.ts";
import { pause } from "../../platform/pause.ts";
import { openManager, type SystemdPlace } from "./systemd-bus.ts";
import { MARK, unitText } from "./unit-file.ts";
import { statusesOf, statusOf, unitName, type ListedUnit } from "./unit-status.ts";

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

export interface SystemdNeeds extends SystemdPlace {
  /** Where units of the machine's own lie. */
  readonly units?: string;
}

export async function openSystemd({ units = "/etc/systemd/system", ...place }: SystemdNeeds): Promise<Systemd> {
  const manager = await openManager(place);

  async function status(name: string): Promise<ServiceStatus> {
    const unit = unitName(name);
    const known = await manager.properties(unit);
    if (known.get("LoadState") === "not-found") throw new AtalayaError("service.unknown", `systemd knows no ${unit}`);
    return statusOf(unit, known);
  }

  async function act(action: "start" | "stop" | "restart", name: string): Promise<void> {
    const unit = unitName(name);
    await status(name);
    await manager.subscribe();
    const removed = new Map<string, string>();
    let told = (): void => undefined;
    using _hearing = manager.onSignal((signal) => {
      if (signal.member !== "JobRemoved") return;
      removed.set(String(signal.body[1]), String(signal.body[3]));
      told();
    });
    const member = { start: "StartUnit", stop: "StopUnit", restart: "RestartUnit" }[action];
    const [job] = await manager.ask(member, "ss", unit, "replace");
    let gone = false;
    void manager.closed.then(() => {
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
      const [hasInstall] = await manager.ask("EnableUnitFiles", "asbb", [unit], false, true);
      if (hasInstall === false)
        throw new AtalayaError(
          "service.failed",
          `${unit} cannot be enabled: it does not say what it begins with ([Install]), others start it`,
        );
    } else await manager.ask("DisableUnitFiles", "asb", [unit], false);
    await manager.ask("Reload");
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
    closed: manager.closed,
    async list() {
      const [[loaded], [files]] = await Promise.all([
        manager.ask("ListUnitsByPatterns", "asas", [], ["*.service"]),
        manager.ask("ListUnitFilesByPatterns", "asas", [], ["*.service"]),
      ]);
      return statusesOf(loaded as readonly ListedUnit[], files as readonly (readonly [string, string])[]);
    },
    status,
    act,
    enable,
    async add(name, spec) {
      const before = await ours(name);
      const known = await status(name).catch(() => undefined);
      if (before === undefined && known !== undefined)
        throw new AtalayaError("service.foreign", `${unitName(name)} exists, and was not added from here`);
      const text = unitText(name, spec, await manager.version());
      if (text === before) return false;
      await writeDurably(join(units, unitName(name)), text, 0o644);
      await manager.ask("Reload");
      await enable(name, spec.autostart);
      return true;
    },
    async remove(name) {
      if ((await ours(name)) === undefined)
        throw new AtalayaError("service.unknown", `no ${unitName(name)} was added from here`);
      await act("stop", name);
      await enable(name, false);
      await rm(join(units, unitName(name)));
      await manager.ask("Reload");
    },
    async watch(changed) {
      await manager.subscribe();
      return manager.onSignal(({ member }) => {
        if (["JobRemoved", "UnitNew", "UnitRemoved", "UnitFilesChanged", "PropertiesChanged"].includes(member ?? ""))
          changed();
      });
    },
    [Symbol.dispose]: () => manager[Symbol.dispose](),
  };
}
