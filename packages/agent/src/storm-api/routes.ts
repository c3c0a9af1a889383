/** The paths of the original's agent, and of its earlier generations, in our words. Foreign words end here. */
import { AGENT_API_CHANGE, AtalayaError, looksAtAgentApi } from "@atalaya/protocol";
import type { ApiCaller, Deeds } from "./deeds.ts";
import { notAllowed, type Call, type Reply, type Routed } from "./call.ts";
import { instanceRoutes } from "./instances.ts";
import { packageRoutes } from "./packages.ts";
import { personalityRequest } from "./personality.ts";
import { serviceRoutes } from "./services.ts";

export async function route({ method, path, body }: Routed, caller: ApiCaller, deeds: Deeds): Promise<Reply> {
  const [first, ...rest] = path.slice(1).split("/").map(decoded);
  // A GET body is what the original's relay adds to everything.
  const call: Call = {
    method: method === "HEAD" ? "GET" : method,
    rest: rest.filter((part) => part !== ""),
    body,
    deeds,
    perform: (capability, request) => deeds.perform(capability, request, caller),
  };
  // Before anything is looked up: also what is not there is told only to those who may look.
  for (const permission of looksAtAgentApi(method) ? ["status.read"] : AGENT_API_CHANGE) need(caller, permission);
  switch (first) {
    case "status":
      return only(call, "GET", 0, async () => ({ status: 200, body: await deeds.status() }));
    case "environment":
      return only(call, "GET", 0, async () => ({ status: 200, body: (await deeds.status())["os"] ?? {} }));
    case "personality":
      return only(call, "POST", 0, async () => {
        await call.perform("personality", personalityRequest(body));
        return { status: 200, body: { result: "success" } };
      });
    case "packages":
      return packageRoutes(call);
    case "services":
      return serviceRoutes(call);
    case "instances":
      return instanceRoutes(call);
    default:
      throw new AtalayaError("route.unknown", `there is no ${path}`);
  }
}

function need({ permissions, user }: ApiCaller, permission: string): void {
  if (!permissions.has(permission))
    throw new AtalayaError("identity.forbidden", `${user} may not do this: it needs ${permission}`);
}

function only({ method, rest }: Call, wanted: string, parts: number, answer: () => Promise<Reply>): Promise<Reply> {
  if (rest.length !== parts) throw new AtalayaError("route.unknown", "there is nothing below this address");
  if (method !== wanted) throw notAllowed(method);
  return answer();
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new AtalayaError("request.malformed", "the path is not encoded as it should be");
  }
}
