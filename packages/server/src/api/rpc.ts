import { AtalayaError, failures } from "@atalaya/protocol";
import type { RpcCaller } from "../cores/core.ts";
import type { Log } from "../platform/log/index.ts";
import { nobody } from "./actor.ts";
import { requestAudit, type AuditDoor } from "./audit.ts";
import { checkPermission } from "./guard.ts";
import { introspection } from "./rpc-introspection.ts";
import type { RpcMethod } from "./rpc-method.ts";

/** Calls a method by its name. Throws `rpc.method-unknown`, `request.malformed`, `identity.*`, and what the method throws. */
export type Rpc = (method: string, args: readonly unknown[], caller: RpcCaller) => Promise<unknown>;

const NAME = /^[A-Za-z_]\w*(\.\w+)*$/;

/** One registry of all methods, with those that tell of the others. Throws at the start when two have one name. */
export function createRpc(
  registered: readonly RpcMethod[],
  { audit, log }: { readonly audit: AuditDoor; readonly log: Log },
): Rpc {
  const methods = new Map<string, RpcMethod>();
  for (const method of [...registered, ...introspection(() => [...methods.values()])]) {
    if (!NAME.test(method.name)) throw new Error(`${method.name} is no name of a remote procedure.`);
    if (methods.has(method.name)) throw new Error(`Two remote procedures are named ${method.name}.`);
    methods.set(method.name, method);
  }
  return async (name, args, caller) => {
    const actor = caller.actor ?? nobody;
    const began = performance.now();
    const told = requestAudit(audit, { address: caller.peer.address });
    let failure: unknown;
    let outcome = "answered";
    try {
      const method = methods.get(name);
      if (method === undefined) throw new AtalayaError("rpc.method-unknown", `There is no method ${printable(name)}.`);
      if (method.audit !== "none") told.asked(method.audit, {});
      if (method.permission !== "public") checkPermission(method.permission, caller.actor);
      await told.begin(actor);
      return await method.call(args, { ...caller, actor });
    } catch (error) {
      const fault = faultOf(error);
      failure = fault;
      outcome = fault.code;
      if (fault !== error) log.error({ err: error, method: name }, "a remote procedure failed");
      throw fault;
    } finally {
      await told.end(actor, failure instanceof AtalayaError ? failures[failure.code].status : 200, failure);
      const ms = Math.round(performance.now() - began);
      log.info(
        { method: printable(name), outcome, ms, actor: actor.name, address: caller.peer.address },
        "called a remote procedure",
      );
    }
  };
}

/** What we did not foresee is told to the log, not to the caller. */
function faultOf(error: unknown): AtalayaError {
  if (error instanceof AtalayaError) return error;
  return new AtalayaError("server.internal", "Something went wrong on the server. Its log has the reason.", {
    cause: error,
  });
}

/** A name comes from outside and may be anything, of any length. */
function printable(name: string): string {
  return name.length <= 100 ? JSON.stringify(name) : `${JSON.stringify(name.slice(0, 100))}…`;
}
