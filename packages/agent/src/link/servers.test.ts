import { expect, test } from "vitest";
import { parseAddress, parseAddresses, showAddress } from "./addresses.ts";
import { inTurn, nextServer, preferredTo, withServers } from "./servers.ts";

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

test("what a server tells of itself leaves the waypoints where people put them", () => {
  expect(withServers(["via:w:8444"], ["one:1", "two:2"])).toEqual(["via:w:8444", "one:1", "two:2"]);
  expect(withServers(["via:a:1", "old:1", "via:b:1"], ["new:1"])).toEqual(["via:a:1", "new:1", "via:b:1"]);
  expect(withServers(["old:1", "older:1"], ["new:1"])).toEqual(["new:1"]);
  // It knows nothing of waypoints, and unreadable words change nothing.
  expect(withServers(["old:1"], ["via:x:1", "a b", ":"])).toEqual(["old:1"]);
});

test("a waypoint's address has its port, and is read back as it is shown", () => {
  expect(parseAddress("via:10.0.0.7:8444")).toEqual({ host: "10.0.0.7", port: 8444, via: true });
  expect(showAddress(parseAddress("via:[fd00::1]:8444"))).toBe("via:[fd00::1]:8444");
  // A host may be called so.
  expect(parseAddress("via:8443")).toEqual({ host: "via", port: 8443 });
  for (const wrong of ["via:gate", "via::1", "via:via:a:1"]) expect(() => parseAddress(wrong)).toThrow();
});
