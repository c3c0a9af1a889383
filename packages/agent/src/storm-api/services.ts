/** `/services` in the shape of the generation that had it (reference of the original, 9). */
import { AtalayaError, type ServiceStatus } from "@atalaya/protocol";
import { z } from "zod";
import { idOf } from "../status/packages.ts";
import { originOf, versionOf } from "./packages.ts";
import { addInstance, Invocation } from "./instances.ts";
import { read } from "./read.ts";
import { notAllowed, type Call, type Reply } from "./call.ts";

const NewService = z.object({ name: z.string().min(1), invocation: Invocation });
/** The oldest generation: of the package that brings the service. */
const Brought = z.object({
  name: z.string().min(1),
  family: z.string().default(""),
  version: z.string().optional(),
  pkgurl: z.string(),
});
const BroughtAgain = Brought.omit({ name: true }).partial({ pkgurl: true });
const Action = z.object({ command: z.enum(["on", "off", "start", "stop", "restart", "sync"]) });

/** `sync`: whatever it is, it shall run with what it has now. */
const ACTIONS = {
  on: "enable",
  off: "disable",
  start: "start",
  stop: "stop",
  restart: "restart",
  sync: "restart",
} as const;

export async function serviceRoutes(call: Call): Promise<Reply> {
  const { method, rest, body, deeds } = call;
  const all = async (): Promise<readonly ServiceStatus[]> => [
    ...(await deeds.services()),
    ...(await deeds.instances()).map(({ status }) => status),
  ];
  if (rest.length === 0) {
    if (method === "GET") return { status: 200, body: { services: (await all()).map(entryOf) } };
    if (method !== "POST") throw notAllowed(method);
    if (typeof body === "object" && body !== null && "pkgurl" in body) return bring(call, read(Brought, body), all);
    const { name, invocation } = read(NewService, body);
    await addInstance(call, "service", name, invocation);
    return { status: 200, body: entryOf((await all()).findLast((one) => one.name === name)!) };
  }
  const [id, verb] = rest;
  const found = (await all()).find((one) => entryOf(one).id === id || one.name === id);
  if (found === undefined || rest.length > 2 || (verb !== undefined && verb !== "action"))
    throw new AtalayaError("service.unknown", `there is no service ${rest.join("/")} here`);
  const { name, manager } = found;
  if (verb === "action") {
    if (method !== "POST") throw notAllowed(method);
    const { command } = read(Action, body);
    await call.perform("service", { action: ACTIONS[command], manager, names: [name] });
    return { status: 200, body: { result: true } };
  }
  if (method === "GET") return { status: 200, body: entryOf(found) };
  if (method === "PUT") {
    const { pkgurl = "", ...rest } = read(BroughtAgain, body);
    return bring(call, { name, pkgurl, ...rest }, all);
  }
  if (method !== "DELETE") throw notAllowed(method);
  await call.perform("service", { action: "remove", manager, names: [name] });
  return { status: 200, body: { deleted: true } };
}

/** Installs the package; the service is what the machine then has of that name. */
async function bring(
  { perform }: Call,
  { name, family, version, pkgurl }: z.output<typeof Brought>,
  all: () => Promise<readonly ServiceStatus[]>,
): Promise<Reply> {
  const { source } = originOf(pkgurl === "" ? "apt-get:" : pkgurl);
  const wanted = { name, ...(source === undefined ? versionOf(version) : { source }) };
  await perform("package", { action: "install", manager: "dpkg", names: [wanted] });
  const found = (await all()).find((one) => one.name === name);
  const entry = found === undefined ? { id: idOf(`dpkg/${name}`), status: NOT_A_SERVICE } : entryOf(found);
  const description = { id: entry.id, name, family, ...(version === undefined ? {} : { version }), pkgurl };
  return { status: 200, body: { ...entry, description } };
}

const NOT_A_SERVICE = {
  installed: true,
  initialized: false,
  enabled: false,
  running: false,
  result: "the package brings no service of its name",
};

function entryOf({ name, manager, state, enabled, pid, description }: ServiceStatus) {
  const id = idOf(`${manager}/${name}`);
  return {
    id,
    description: { id, name, family: manager, ...(description === undefined ? {} : { text: description }) },
    status: {
      installed: true,
      initialized: true,
      enabled: enabled ?? false,
      running: state === "running",
      result: state,
    },
    ...(pid === undefined ? {} : { instance: pid }),
  };
}
