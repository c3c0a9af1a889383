import { describe, expect, test } from "vitest";
import { completed, platformOf, type Lock } from "./gen-lock.ts";

const lock: Lock = {
  packages: {
    "": { version: "1.0.0" },
    "node_modules/tool": {
      version: "2.0.0",
      dev: true,
      optionalDependencies: {
        "@tool/linux-x64": "2.0.0",
        "@tool/darwin-arm64": "2.0.0",
        "@tool/wasm32-wasi": "^2.1.0",
      },
    },
    "node_modules/@tool/linux-x64": { version: "2.0.0" },
  },
};

describe("the lock file", () => {
  test("gets back the optional packages that npm forgot", () => {
    const { packages } = completed(lock);
    expect(packages["node_modules/@tool/darwin-arm64"]).toEqual({
      version: "2.0.0",
      cpu: ["arm64"],
      dev: true,
      optional: true,
      os: ["darwin"],
    });
    expect(packages["node_modules/@tool/wasm32-wasi"]).toMatchObject({ version: "2.1.0", cpu: ["wasm32"] });
  });

  test("stays as it is once it is complete", () => {
    const whole = completed(lock);
    expect(completed(whole)).toBe(whole);
  });

  test("finds a package that lies deeper", () => {
    const nested: Lock = {
      packages: {
        "node_modules/a/node_modules/b": { optionalDependencies: { "c-linux-x64": "1.0.0" } },
        "node_modules/a/node_modules/c-linux-x64": { version: "1.0.0" },
      },
    };
    expect(completed(nested)).toBe(nested);
  });

  test("takes no package whose name does not tell its platform, for it would be installed everywhere", () => {
    expect(() => platformOf("@tool/binding")).toThrow("does not tell its platform");
  });
});
