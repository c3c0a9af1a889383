import { queryOptions } from "@tanstack/react-query";
import { client, type Schemas } from "./client.ts";

export type Host = Schemas["Host"];
export type HostDetail = Schemas["HostDetail"];

/** A few hosts whose names contain a text that somebody is typing. */
export const hostsNamed = (text: string) =>
  queryOptions({
    queryKey: ["hosts", "named", text],
    queryFn: async ({ signal }): Promise<readonly Host[]> => {
      const selector = `name:*${text.replaceAll(/[^A-Za-z0-9._-]/g, "?")}*`;
      const { items } = await client.get("/api/v1/hosts", { params: { query: { selector, limit: 8 } }, signal });
      return items;
    },
    staleTime: 2_000,
  });

/** One host with all that is known of it, by id or name. */
export const hostQuery = (host: string) =>
  queryOptions({
    queryKey: ["host", host],
    queryFn: ({ signal }): Promise<HostDetail> =>
      client.get("/api/v1/hosts/{host}", { params: { path: { host } }, signal }),
  });
