import { queryOptions } from "@tanstack/react-query";
import { client } from "./client.ts";

export interface HostPackage {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly type?: string;
  readonly status?: { readonly state?: string };
}

export interface HostService {
  readonly id: string;
  readonly name?: string;
  /** Who looks after it. */
  readonly type?: string;
  readonly running?: boolean;
  readonly failed?: boolean;
  readonly enabled?: boolean;
  readonly description?: string;
}

export interface HostHoldings {
  readonly packages?: readonly HostPackage[];
  readonly services?: readonly HostService[];
  readonly instances?: readonly HostService[];
}

/** What the host holds, as its agent last told; both tabs share it. */
export const holdingsQuery = (host: string) =>
  queryOptions({
    queryKey: ["host", host, "holdings"],
    queryFn: async ({ signal }): Promise<HostHoldings> => {
      const { status } = await client.get("/api/v1/hosts/{host}/status", { params: { path: { host } }, signal });
      return status;
    },
    refetchInterval: 10_000,
  });
