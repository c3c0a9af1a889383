/** What is asked of the agent's own instances, done. In the agent's process. */
import type { RequestOf, ResultOf, instances } from "@atalaya/protocol";
import type { Supervisor } from "../../instances/supervisor.ts";

export type InstanceRequest = Pick<RequestOf<typeof instances>, "action" | "names" | "lines" | "spec">;
export type InstanceAnswer = ResultOf<typeof instances> & {
  /** Of `logs`. */
  readonly text?: string;
};

/** Names that are not known are refused before anything is done. Throws what the last of them failed with. */
export async function actOnInstances(supervisor: Supervisor, request: InstanceRequest): Promise<InstanceAnswer> {
  const { action, names, lines, spec } = request;
  if (action === "list") {
    const wanted = new Set(names);
    return { services: supervisor.list().filter(({ name }) => wanted.size === 0 || wanted.has(name)), changed: false };
  }
  if (action === "add") {
    const before = supervisor.has(names[0]!) ? JSON.stringify(supervisor.of(names[0]!).spec()) : undefined;
    if (before === JSON.stringify(spec!)) return { services: [supervisor.of(names[0]!).status()], changed: false };
    const one = await supervisor.add(names[0]!, spec!);
    return { services: [one.status()], changed: true };
  }
  const chosen = names.map((name) => supervisor.of(name));
  const before = JSON.stringify(chosen.map((one) => essence(one.status())));
  switch (action) {
    case "start":
      for (const one of chosen) await one.start();
      break;
    case "stop":
      for (const one of chosen) await one.stop();
      break;
    case "restart":
      for (const one of chosen) {
        await one.stop();
        await one.start();
      }
      break;
    case "enable":
    case "disable":
      for (const one of chosen) await one.enable(action === "enable");
      break;
    case "remove":
      for (const one of chosen) await supervisor.remove(one.name);
      return { services: [], changed: true };
    case "logs":
      return {
        services: chosen.map((one) => one.status()),
        changed: false,
        text: chosen.map((one) => one.lines(lines)).join(""),
      };
    case "status":
      break;
  }
  const services = chosen.map((one) => one.status());
  return { services, changed: JSON.stringify(services.map(essence)) !== before };
}

const essence = ({ name, state, pid, enabled }: InstanceAnswer["services"][number]) => [name, state, pid, enabled];
