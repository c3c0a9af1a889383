import { z } from "zod";
import { rpcMethod, type RpcMethod } from "../../api/rpc-method.ts";
import { type InfoNeeds, serverInfo } from "./info.ts";

/** `atalaya.server`: what `GET /server` answers. */
export const serverMethods = (needs: InfoNeeds): readonly RpcMethod[] => [
  rpcMethod({
    name: "atalaya.server",
    summary: "What this server is and how it does.",
    permission: "server.read",
    audit: "none",
    args: z.tuple([]),
    handler: () => serverInfo(needs),
  }),
];
