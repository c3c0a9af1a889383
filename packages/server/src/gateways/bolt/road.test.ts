import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { DirectoryHost } from "../../domain/fleet/index.ts";
import { boltRoad } from "./road.ts";

const asked: string[] = [];
const road = boltRoad({
  reaches: () => true,
  ports: () => [5000, 8000],
  async exchange(_, { port, method, path }) {
    asked.push(`${method} ${port} ${path}`);
    return { status: 200, headers: [], body: Readable.toWeb(Readable.from(["{}"])) };
  },
});
const host = { key: 1, name: "pc-01" } as unknown as DirectoryHost;

async function status(method: string, port: number, permissions: readonly string[]): Promise<number | string> {
  const about = { user: "eva", permissions: new Set(permissions), signal: new AbortController().signal };
  const request = { method, path: "/personality", headers: [] };
  return road.exchange!(host, { port }, request, about).then(
    (answer) => answer.status,
    (error: { readonly code: string; readonly message: string }) => `${error.code}: ${error.message}`,
  );
}

describe("the road to an original agent", () => {
  test("lets who may only open relays look, and change nothing", async () => {
    expect(await status("GET", 5000, ["relay.open"])).toBe(200);
    expect(await status("POST", 5000, ["relay.open"])).toBe(
      "identity.forbidden: eva may not change pc-01 through its agent's API: it needs job.create.",
    );
    expect(await status("DELETE", 5000, ["relay.open", "job.create"])).toMatch("account.choose");
    expect(asked).toEqual(["GET 5000 /personality"]);
  });

  test("lets who may run jobs as anybody change its host", async () => {
    expect(await status("POST", 5000, ["relay.open", "job.create", "account.choose"])).toBe(200);
  });

  test("asks for nothing more at ports of others", async () => {
    expect(await status("POST", 8000, ["relay.open"])).toBe(200);
  });
});
