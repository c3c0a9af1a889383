/**
 * Remote procedures: the plane's second door, for gateways whose protocol is a name and a list of arguments, as XML-RPC
 * is. A method is a name, a schema, a permission, its name in the audit log and one call. Its *fault* is an `AtalayaError`, and nothing else.
 */
import type { z } from "zod";
import type { RpcCaller } from "../cores/core.ts";
import type { Actor } from "./actor.ts";
import type { RouteAudit } from "./audit-actions.ts";
import { malformedBy } from "./malformed.ts";
import type { RoutePermission } from "./permissions.ts";

export interface RpcContext extends RpcCaller {
  /** Authenticated and allowed, unless the method is public: then perhaps `nobody`. */
  readonly actor: Actor;
}

/** What a room or a gateway registers: made by `rpcMethod`. */
export interface RpcMethod {
  readonly name: string;
  /** What a person learns from `system.methodHelp`. */
  readonly summary: string;
  readonly permission: RoutePermission;
  readonly audit: RouteAudit;
  /** In the order they are sent. */
  readonly args: z.ZodTuple;
  call(args: readonly unknown[], context: RpcContext): Promise<unknown>;
}

export interface RpcDefinition<Args extends z.ZodTuple> extends Omit<RpcMethod, "args" | "call"> {
  readonly args: Args;
  /** Answers with what any protocol can carry: texts, numbers, truths, lists and records. */
  readonly handler: (args: z.output<Args>, context: RpcContext) => unknown;
}

/** Arguments are read by the schema before the handler sees them. */
export function rpcMethod<const Args extends z.ZodTuple>({ handler, ...about }: RpcDefinition<Args>): RpcMethod {
  return {
    ...about,
    async call(args, context) {
      const parsed = about.args.safeParse(args);
      if (!parsed.success) throw malformedBy(parsed.error, "arguments");
      return handler(parsed.data, context);
    },
  };
}
