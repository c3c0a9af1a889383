import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { permissions, type RoutePermission } from "./permissions.ts";
import { rpcMethod, type RpcMethod } from "./rpc-method.ts";

/** `system.*`: what XML-RPC clients ask a server about itself. Whoever we know may know what there is. */
export function introspection(all: () => readonly RpcMethod[]): readonly RpcMethod[] {
  return [
    rpcMethod({
      name: "system.listMethods",
      summary: "The names of all methods.",
      permission: "authenticated",
      audit: "none",
      args: z.tuple([]),
      handler: () =>
        all()
          .map(({ name }) => name)
          .toSorted(),
    }),
    rpcMethod({
      name: "system.methodHelp",
      summary: "What a method does, what it takes and who may call it.",
      permission: "authenticated",
      audit: "none",
      args: z.tuple([z.string().describe("name")]),
      handler([name]) {
        const method = all().find((each) => each.name === name);
        if (method === undefined)
          throw new AtalayaError("rpc.method-unknown", `There is no method ${JSON.stringify(name)}.`);
        return helpOf(method);
      },
    }),
  ];
}

function helpOf({ name, summary, permission, args }: RpcMethod): string {
  const shown = args.def.items.map((schema) => {
    const { description = "value" } = z.globalRegistry.get(schema) ?? {};
    return z.safeParse(schema as z.ZodType, undefined).success ? `[${description}]` : description;
  });
  return `${name}(${shown.join(", ")})\n${summary}\n${needOf(permission)}`;
}

function needOf(permission: RoutePermission): string {
  if (permission === "public") return "Anybody may call it.";
  if (permission === "authenticated") return "Whoever is known may call it.";
  return `Needs ${permission}: ${permissions[permission]}.`;
}
