/** What systemd says of its units, as services are told of. Pure. */
import type { ServiceState, ServiceStatus } from "@atalaya/protocol";

/** Of `ListUnits`, what is looked at. */
export type ListedUnit = readonly [
  name: string,
  description: string,
  load: string,
  active: string,
  sub: string,
  ...rest: unknown[],
];

/** From the properties of a unit. */
export function statusOf(unit: string, known: ReadonlyMap<string, unknown>): ServiceStatus {
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

/** `files`: paths of unit files with whether they are enabled, also of those that are not loaded. */
export function statusesOf(
  loaded: readonly ListedUnit[],
  files: readonly (readonly [path: string, state: string])[],
): readonly ServiceStatus[] {
  const enabled = new Map(files.map(([at, state]) => [at.split("/").at(-1)!, state]));
  const found = loaded
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
