/** `/services` in the shape of the generation that had it (reference of the original, 9). */
import { AtalayaError, type ServiceStatus } from "@atalaya/protocol";
import { z } from "zod";
import { idOf } from "../status/packages.ts";
import { addInstance, Invocation } from "./instances.ts";
import { read } from "./read.ts";
import { notAllowed, type Call, type Reply } from "./call.ts";

const NewService = z.object({ name: z.string().min(1), invocation: Invocation });
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
  if (method !== "DELETE") throw notAllowed(method);
  await call.perform("service", { action: "remove", manager, names: [name] });
  return { status: 200, body: { deleted: true } };
}

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
