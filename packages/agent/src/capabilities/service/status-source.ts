/** What the status of a host says of services and instances, and when to look again. */
import type { ServiceStatus } from "@atalaya/protocol";
import type { LazySupervisor } from "../../instances/lazy.ts";
import { systemdPlace, systemdRuns, type SystemdPlace } from "./systemd-bus.ts";
import { openSystemd, type Systemd } from "./systemd.ts";

/** Bursts of signals are one look. */
const QUIET_MS = 1_000;
/** systemd's bus went away: it is asked again after this. */
const AGAIN_MS = 60_000;

/** The services of systemd; none where it does not run. `place` absent: this machine's. */
export function servicesSource(place: SystemdPlace | undefined = systemdRuns() ? systemdPlace() : undefined) {
  return {
    name: "services",
    async read(): Promise<readonly ServiceStatus[]> {
      if (place === undefined) return [];
      using systemd = await openSystemd(place);
      return await systemd.list();
    },
    changed(told: () => void): Disposable {
      return place === undefined ? { [Symbol.dispose]: () => undefined } : watchSystemd(place, told);
    },
  } as const;
}

/** The agent's own instances. */
export function instancesSource(instances: LazySupervisor) {
  return {
    name: "instances",
    read: async (): Promise<readonly ServiceStatus[]> => (instances.wanted ? (await instances.open()).list() : []),
    changed(told: () => void): Disposable {
      return instances.watch(told);
    },
  } as const;
}

function watchSystemd(place: SystemdPlace, told: () => void): Disposable {
  let timer: NodeJS.Timeout | undefined;
  let again: NodeJS.Timeout | undefined;
  let systemd: Systemd | undefined;
  let over = false;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(told, QUIET_MS).unref();
  };
  async function open(): Promise<void> {
    try {
      systemd = await openSystemd(place);
      if (over) return systemd[Symbol.dispose]();
      await systemd.watch(soon);
      await systemd.closed;
    } catch {
      // As good as closed.
    }
    if (!over) again = setTimeout(() => void open(), AGAIN_MS).unref();
  }
  void open();
  return {
    [Symbol.dispose]() {
      over = true;
      clearTimeout(timer);
      clearTimeout(again);
      systemd?.[Symbol.dispose]();
    },
  };
}
