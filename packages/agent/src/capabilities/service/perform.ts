/** The capabilities `service` and `instance`, as their worker does them. */
import { AtalayaError, instances, services, type RequestOf, type ServiceStatus } from "@atalaya/protocol";
import type { Scene } from "../../tasks/task.ts";
import { capture } from "../package/steps.ts";
import type { InstanceAnswer } from "./act.ts";
import { systemdPlace, systemdRuns } from "./systemd-bus.ts";
import { openSystemd, type Systemd } from "./systemd.ts";
import { unitName } from "./unit-status.ts";

type Request = RequestOf<typeof services>;

/** Whose result is all there is to tell. */
const LOOKING: ReadonlySet<string> = new Set(["list", "status", "logs"]);

export async function performService(raw: unknown, scene: Scene): Promise<unknown> {
  const request = services.request.parse(raw);
  const manager = request.manager ?? (systemdRuns() ? "systemd" : "instance");
  if (manager === "instance") return askAgent(request, scene);
  if (!systemdRuns()) throw new AtalayaError("service.manager-missing", "systemd does not run on this host");
  using systemd = await openSystemd(systemdPlace());
  // Awaited here: the connection lasts as long as this function.
  return await withSystemd(systemd, request, scene);
}

export async function performInstance(raw: unknown, scene: Scene): Promise<unknown> {
  return askAgent(instances.request.parse(raw), scene);
}

/** Only the agent itself has its instances. */
async function askAgent({ action, names, lines, spec }: RequestOf<typeof instances>, scene: Scene): Promise<unknown> {
  const answer = (await scene.ask({ action, names, lines, ...(spec === undefined ? {} : { spec }) })) as InstanceAnswer;
  const { text = "", ...result } = answer;
  for (const line of text.split("\n").slice(0, -1)) scene.say(line);
  if (action === "remove") removed(names, scene);
  else if (!LOOKING.has(action)) tell(result.services, scene);
  return result;
}

/** Of several names, those before one that fails are done. */
export async function withSystemd(
  systemd: Systemd,
  request: Request,
  scene: Pick<Scene, "say" | "warn">,
): Promise<unknown> {
  const { action, names } = request;
  if (action === "list") {
    const wanted = new Set(names.map((name) => unitName(name)));
    const all = await systemd.list();
    return { services: all.filter(({ name }) => wanted.size === 0 || wanted.has(unitName(name))), changed: false };
  }
  if (action === "logs") {
    for (const name of names) await logs(name, request.lines, scene);
    return { services: await Promise.all(names.map((name) => systemd.status(name))), changed: false };
  }
  if (action === "add") {
    const [name] = names as [string];
    const changed = await systemd.add(name, request.spec!);
    const running = (await systemd.status(name)).state === "running";
    if (changed && (request.spec!.autostart || running)) await systemd.act("restart", name);
    return done([await systemd.status(name)], changed, scene);
  }
  if (action === "stop" && names.some((name) => unitName(name) === OWN_UNIT))
    throw new AtalayaError("service.failed", "this is the agent itself: nobody would be there to start it again", {
      next: "to be rid of it: atalaya-agent uninstall",
    });
  const before = await Promise.all(names.map((name) => systemd.status(name)));
  if (action === "status") return { services: before, changed: false };
  for (const name of names) {
    if (action === "remove") await systemd.remove(name);
    else if (action === "enable" || action === "disable") await systemd.enable(name, action === "enable");
    else await systemd.act(action, name);
  }
  if (action === "remove") {
    removed(names, scene);
    return { services: [], changed: true };
  }
  const after = await Promise.all(names.map((name) => systemd.status(name)));
  return done(after, JSON.stringify(before.map(essence)) !== JSON.stringify(after.map(essence)), scene);
}

/** As install.sh calls it. */
const OWN_UNIT = "atalaya-agent.service";

const essence = ({ name, state, pid, enabled }: ServiceStatus) => [name, state, pid, enabled];

function done(found: readonly ServiceStatus[], changed: boolean, scene: Pick<Scene, "say">): unknown {
  tell(found, scene);
  return { services: found, changed };
}

function tell(found: readonly ServiceStatus[], { say }: Pick<Scene, "say">): void {
  for (const { name, state, pid, enabled } of found) {
    const boot = enabled === undefined ? [] : [enabled ? "enabled" : "disabled"];
    const more = [...(pid === undefined ? [] : [`process ${pid}`]), ...boot];
    say(`${state.padEnd(8)} ${name}${more.length === 0 ? "" : ` (${more.join(", ")})`}`);
  }
}

function removed(names: readonly string[], { say }: Pick<Scene, "say">): void {
  for (const name of names) say(`removed  ${name}`);
}

async function logs(name: string, lines: number, { say }: Pick<Scene, "say">): Promise<void> {
  const args = ["--no-pager", "--quiet", "--output=short-iso", `--lines=${lines}`, `--unit=${unitName(name)}`];
  const { exitCode, stdout, stderr } = await capture("/usr/bin/journalctl", args);
  if (exitCode !== 0)
    throw new AtalayaError("service.failed", `the journal cannot be read: ${stderr.trim().split("\n")[0] ?? ""}`);
  for (const line of stdout.split("\n").slice(0, -1)) say(line);
}
