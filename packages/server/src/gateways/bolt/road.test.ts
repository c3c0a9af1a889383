import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import type { DirectoryHost } from "../../domain/fleet/index.ts";
import { boltRoad } from "./road.ts";

const asked: string[] = [];
const road = boltRoad({
  reaches: () => true,
  ports: () => [5000, 8000],
  async exchange(_, { port, method, path, data }) {
    asked.push([method, port, path, ...(data === undefined ? [] : [JSON.stringify(data)])].join(" "));
    return { status: 200, headers: [], body: Readable.toWeb(Readable.from(["{}"])) };
  },
});
const host = { key: 1, name: "pc-01" } as unknown as DirectoryHost;

async function status(
  method: string,
  port: number,
  permissions: readonly string[],
  body?: string,
): Promise<number | string> {
  const about = { user: "eva", permissions: new Set(permissions), signal: new AbortController().signal };
  const sent = body === undefined ? {} : { body: Readable.from([Buffer.from(body)]) };
  const request = { method, path: "/personality", headers: [], ...sent };
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
    expect(await status("OPTIONS", 5000, ["relay.open"])).toMatch("identity.forbidden");
    expect(asked).toEqual(["GET 5000 /personality"]);
  });

  test("lets who may run jobs as anybody change its host", async () => {
    expect(await status("POST", 5000, ["relay.open", "job.create", "account.choose"])).toBe(200);
  });

  test("looks without a body, which could name another method", async () => {
    asked.length = 0;
    const body = '{"_method":"POST"}';
    for (const port of [5000, 8000]) expect(await status("GET", port, ["relay.open"], body)).toBe(200);
    expect(asked).toEqual(["GET 5000 /personality", `GET 8000 /personality ${body}`]);
  });

  test("asks for nothing more at ports of others", async () => {
    expect(await status("POST", 8000, ["relay.open"])).toBe(200);
  });
});
