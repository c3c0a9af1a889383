import type { Answer, Question } from "./records.ts";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answersTo } from "./answers.ts";
import { sightingOf } from "./sightings.ts";

const presence = { name: "tower", port: 8443, address: "192.0.2.1" };
const ptr = (name: string): Question => ({ name, type: "PTR" });

describe("this server by DNS-SD", () => {
  test("answers who looks for it with all that is needed to connect", () => {
    const types = answersTo([ptr("_atalaya._tcp.local")], presence).map(({ type }) => type);
    expect(types).toEqual(["PTR", "SRV", "TXT", "A"]);
  });
  test("answers by name whatever the case, and says nothing to others", () => {
    expect(answersTo([{ name: "Tower.local", type: "A" }], presence)).toEqual([
      { name: "tower.local", type: "A", ttl: 120, data: "192.0.2.1" },
    ]);
    expect(answersTo([ptr("_ipp._tcp.local")], presence)).toEqual([]);
  });
});

describe("a response of another machine", () => {
  const offers = (service: string, instance: string): Answer => ({
    name: service,
    type: "PTR",
    data: `${instance}.${service}`,
  });
  test("is a sighting when it presents a service we look for", () => {
    const seen = sightingOf("192.0.2.9", [
      offers("_workstation._tcp.local", "pc-09 [02:00:00:00:00:09]"),
      offers("_ssh._tcp.local", "pc-09"),
    ]);
    expect(seen).toEqual({
      address: "192.0.2.9",
      name: "pc-09",
      services: [
        { id: "_workstation._tcp", params: {} },
        { id: "_ssh._tcp", params: {} },
      ],
    });
  });
  test("is none otherwise, and none makes us throw", () => {
    expect(sightingOf("192.0.2.9", [offers("_ipp._tcp.local", "printer")])).toBeUndefined();
    const record = fc.record({ name: fc.string(), type: fc.constantFrom("PTR", "A", "TXT"), data: fc.anything() });
    fc.assert(fc.property(fc.array(record), (answers) => void sightingOf("192.0.2.9", answers as Answer[])));
  });
});
