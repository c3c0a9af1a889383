/** `/instances` in the shape that the original shows in its status (reference of the original, 4.6 and 6). */
import { isDeepStrictEqual } from "node:util";
import { AtalayaError, type ServiceSpec, type ServiceStatus } from "@atalaya/protocol";
import { z } from "zod";
import { idOf } from "../status/packages.ts";
import { notAllowed, type Call, type Reply } from "./call.ts";
import { read } from "./read.ts";

/** `path` is the folder of the program `name`, or all of it. */
export const Invocation = z.object({
  name: z.string().min(1),
  path: z.string().startsWith("/"),
  monitor: z.boolean().default(true),
  args: z.array(z.string()).default([]),
  options: z.object({ env: z.record(z.string(), z.string()).optional(), cwd: z.string().optional() }).default({}),
});
export type Invocation = z.output<typeof Invocation>;

const Action = z.object({ command: z.enum(["start", "stop", "restart"]) });

function instanceSpec({ name, path, monitor, args, options }: Invocation) {
  const program = path === `/${name}` || path.endsWith(`/${name}`) ? path : `${path.replace(/\/$/, "")}/${name}`;
  return {
    program,
    args,
    restart: monitor ? "always" : "never",
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  };
}

/**
 * Adds an instance that nobody has yet, or the very same program again: the original knew several of one name, and
 * another caller's must not be ended by mistake. One that does not stay up is not there afterwards.
 */
export async function addInstance(
  { deeds, perform }: Pick<Call, "deeds" | "perform">,
  capability: "instance" | "service",
  name: string,
  invocation: Invocation,
): Promise<void> {
  const spec = instanceSpec(invocation);
  const taken = (await deeds.instances()).find(({ status }) => status.name === name);
  if (taken !== undefined && !isDeepStrictEqual([taken.spec.program, taken.spec.args], [spec.program, spec.args]))
    throw new AtalayaError("request.conflict", `there is another instance ${name} here: remove it first`);
  const wanted = { ...(capability === "service" ? { manager: "instance" } : {}), names: [name] };
  try {
    await perform(capability, { ...wanted, action: "add", spec });
  } catch (error) {
    const isLeft = taken === undefined && (await deeds.instances()).some(({ status }) => status.name === name);
    if (isLeft) await perform(capability, { ...wanted, action: "remove" });
    throw error;
  }
}

export async function instanceRoutes(call: Call): Promise<Reply> {
  const { method, rest, body, deeds } = call;
  const all = await deeds.instances();
  if (rest.length === 0) {
    if (method === "GET") return { status: 200, body: all.map(entryOf) };
    if (method !== "POST") throw notAllowed(method);
    const invocation = read(Invocation, body);
    await addInstance(call, "instance", invocation.name, invocation);
    const added = (await deeds.instances()).find(({ status }) => status.name === invocation.name);
    return { status: 200, body: entryOf(added!) };
  }
  const [id, verb] = rest;
  const found = all.find((one) => entryOf(one).id === id || one.status.name === id);
  if (found === undefined || rest.length > 2 || (verb !== undefined && verb !== "action"))
    throw new AtalayaError("service.unknown", `there is no instance ${rest.join("/")} here`);
  const names = [found.status.name];
  if (verb === "action") {
    if (method !== "POST") throw notAllowed(method);
    await call.perform("instance", { action: read(Action, body).command, names });
    return { status: 200, body: { result: true } };
  }
  if (method === "GET") return { status: 200, body: entryOf(found) };
  if (method !== "DELETE") throw notAllowed(method);
  await call.perform("instance", { action: "remove", names });
  return { status: 204 };
}

/** Without values of its environment, which the original shows to everybody. */
function entryOf({ status, spec }: { readonly status: ServiceStatus; readonly spec: ServiceSpec }) {
  const { name, state, pid } = status;
  return {
    name,
    path: spec.program,
    monitor: spec.restart !== "never",
    args: spec.args,
    options: { env: Object.fromEntries(Object.keys(spec.env ?? {}).map((key) => [key, null])) },
    id: idOf(`instance/${name}`),
    ...(pid === undefined ? {} : { pid }),
    status:
      state === "running" ? (spec.restart === "never" ? "running" : "monitored") : state === "failed" ? "error" : state,
  };
}
