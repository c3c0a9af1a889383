import { queryOptions } from "@tanstack/react-query";
import { client, type Schemas } from "./client.ts";

export type Script = Schemas["Script"];
export type Parameter = Script["parameters"][number];

export const scriptsKey = ["scripts"] as const;

export const scriptsQuery = queryOptions({
  queryKey: scriptsKey,
  queryFn: async ({ signal }): Promise<readonly Script[]> => {
    const all: Script[] = [];
    for (let cursor: string | undefined = ""; cursor !== undefined;) {
      const query: { limit: number; cursor?: string } = { limit: 1000, ...(cursor === "" ? {} : { cursor }) };
      const { items, next }: { items: readonly Script[]; next?: string | undefined } = await client.get(
        "/api/v1/scripts",
        { params: { query }, signal },
      );
      all.push(...items);
      cursor = next;
    }
    return all;
  },
});

export const scriptQuery = (script: string) =>
  queryOptions({
    queryKey: [...scriptsKey, script],
    queryFn: ({ signal }) => client.get("/api/v1/scripts/{script}", { params: { path: { script } }, signal }),
  });
