import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isExempt, proxyFor } from "./proxy.ts";

const tower = { host: "tower.example.org", port: 8443 };

describe("the proxy", () => {
  test("comes from HTTPS_PROXY with its credentials", () => {
    expect(proxyFor(tower, {})).toBeUndefined();
    expect(proxyFor(tower, { HTTPS_PROXY: "http://ana:p%40ss@proxy:3128" })).toEqual({
      host: "proxy",
      port: 3128,
      authorization: `Basic ${Buffer.from("ana:p@ss").toString("base64")}`,
    });
    expect(proxyFor(tower, { https_proxy: "proxy:3128" })).toEqual({ host: "proxy", port: 3128 });
  });
  test("is not used for what NO_PROXY names", () => {
    for (const list of [
      "*",
      "tower.example.org",
      ".example.org",
      "example.org",
      "*.example.org",
      "x, tower.example.org:8443",
    ]) {
      expect(isExempt(tower, list)).toBe(true);
    }
    for (const list of ["", "er.example.org", "tower.example.org:443", "org.example"])
      expect(isExempt(tower, list)).toBe(false);
    expect(isExempt({ host: "fd00::1", port: 1 }, "fd00::1")).toBe(true);
  });
  test("never has its password in an error", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 8 }), (password) => {
        try {
          proxyFor(tower, { HTTPS_PROXY: `socks5://ana:${password}x@[bad` });
        } catch (error) {
          expect((error as Error).message).not.toContain(password);
        }
      }),
    );
  });
});
