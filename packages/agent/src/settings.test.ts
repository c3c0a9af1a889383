import { describe, expect, test } from "vitest";
import { DEFAULT_DATA, parseSettings } from "./settings.ts";

describe("settings", () => {
  test("have defaults, then the environment, then the command line", () => {
    expect(parseSettings([], {})).toMatchObject({ command: "run", data: DEFAULT_DATA, servers: undefined });
    const environment = { ATALAYA_AGENT_DATA: "/e", ATALAYA_AGENT_SERVERS: "one:1,two:2" };
    expect(parseSettings(["status", "--json"], environment)).toMatchObject({
      command: "status",
      data: "/e",
      json: true,
      servers: [
        { host: "one", port: 1 },
        { host: "two", port: 2 },
      ],
    });
    expect(parseSettings(["--data", "/a", "--server", "three:3"], environment)).toMatchObject({
      data: "/a",
      servers: [{ host: "three", port: 3 }],
    });
  });
  test("say how to choose among servers", () => {
    expect(parseSettings([], {}).strategy).toBe("priority");
    expect(parseSettings([], { ATALAYA_AGENT_STRATEGY: "round-robin" }).strategy).toBe("round-robin");
    expect(() => parseSettings(["--strategy", "random"], {})).toThrow("neither priority nor round-robin");
  });
  test("tell of what help is wanted", () => {
    expect(parseSettings(["join", "--help"], {})).toMatchObject({ command: "help", topic: "join" });
    expect(parseSettings(["help", "status"], {})).toMatchObject({ command: "help", topic: "status" });
    expect(parseSettings(["--help"], {})).toMatchObject({ command: "help", topic: undefined });
    expect(() => parseSettings(["help", "me"], {})).toThrow("me is not expected");
  });
  test("name every wrong part in one error", () => {
    const broken = () => parseSettings(["jion", "now", "--server", "a:b", "--ca-pin", "x"], {});
    for (const part of ["jion", "now", "a:b", "--ca-pin"]) expect(broken).toThrow(part);
    expect(() => parseSettings(["--tokn", "x"], {})).toThrow(expect.objectContaining({ code: "settings.wrong" }));
  });
  test("take a pin that begins with a dash", () => {
    const pin = `-${"x".repeat(42)}`;
    expect(parseSettings(["join", "--ca-pin", pin, "--yes"], {})).toMatchObject({ caPin: pin, yes: true });
    expect(() => parseSettings(["join", "--ca-pin", "--yes"], {})).toThrow("--ca-pin");
  });
  test("do not take a token on the command line", () => {
    expect(() => parseSettings(["join", "--token", "atj_x"], {})).toThrow();
    expect(() => parseSettings(["join", "atj_x"], {})).toThrow();
  });
});
