import { expect, test } from "vitest";
import { parseAddress, parseAddresses, showAddress } from "./addresses.ts";
import { inTurn, nextServer, preferredTo } from "./servers.ts";

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

test("by round-robin agents begin at different servers, each at its own, and go on to the next", () => {
  const turn = (name: string, left?: (typeof servers)[number]) =>
    inTurn(servers, { strategy: "round-robin", left, name }).map(({ host }) => host);
  const firsts = Array.from({ length: 300 }, (_, i) => turn(`enr_${i}`)[0]);
  for (const host of ["one", "two", "three"]) {
    expect(firsts.filter((first) => first === host).length).toBeGreaterThan(70);
  }
  expect(turn("enr_1")).toEqual(turn("enr_1"));
  expect(turn("enr_1", servers[1])).toEqual(["three", "one", "two"]);
  expect(turn("enr_1", servers[2])).toEqual(["one", "two", "three"]);
  expect(turn("enr_1", parseAddress("gone:1"))).toEqual(turn("enr_1"));
  expect(preferredTo(servers, servers[2]!, "round-robin")).toEqual([]);
  expect(inTurn(servers, { strategy: "priority", left: servers[0], name: "enr_1" })).toEqual(servers);
});
