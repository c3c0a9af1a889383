import { expect, test } from "vitest";
import { parseAddress, parseAddresses, showAddress } from "./addresses.ts";
import { nextServer, preferredTo } from "./servers.ts";

const servers = parseAddresses("one:1,two:2,three:3");

test("servers are tried in order, each once a round", () => {
  const failures = new Map<string, number>();
  const tried: (string | undefined)[] = [];
  for (let now = 10; now < 14; now += 1) {
    const server = nextServer(servers, failures, 10);
    tried.push(server?.host);
    if (server !== undefined) failures.set(showAddress(server), now);
  }
  expect(tried).toEqual(["one", "two", "three", undefined]);
  expect(nextServer(servers, failures, 20)?.host).toBe("one");
});

test("only servers before the current one are preferred to it", () => {
  expect(preferredTo(servers, servers[1]!).map(({ host }) => host)).toEqual(["one"]);
  expect(preferredTo(servers, servers[0]!)).toEqual([]);
  expect(preferredTo(servers, parseAddress("gone:1"))).toEqual(servers);
});

test("addresses are read as people write them, and every wrong one is named", () => {
  expect(parseAddress("tower.example")).toEqual({ host: "tower.example", port: 8443 });
  expect(showAddress(parseAddress("[fd00::1]:443"))).toBe("[fd00::1]:443");
  expect(() => parseAddresses("ok:1, no:99999, http://x")).toThrow("no:99999, http://x");
});
