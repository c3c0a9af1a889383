import { describe, expect, test } from "vitest";
import { type KnownHardware, meaningfulParts, recognise, rememberedHardware } from "./recognise.ts";

const [A, B, C] = ["aa:00:00:00:00:01", "aa:00:00:00:00:02", "aa:00:00:00:00:03"] as const;
const known = (
  host: number,
  uuid: string | undefined,
  serial: string | undefined,
  ...macs: string[]
): KnownHardware => ({
  host,
  ...(uuid === undefined ? {} : { uuid }),
  ...(serial === undefined ? {} : { serial }),
  macs,
});
const shown = (uuid: string | undefined, serial: string | undefined, ...macs: string[]) =>
  known(0, uuid, serial, ...macs);

describe("a machine", () => {
  test("nobody has seen is new", () => {
    expect(recognise(shown("u1", "s1", A), [])).toEqual({ verdict: "new" });
    expect(recognise(shown(undefined, undefined), [])).toEqual({ verdict: "new" });
  });

  test.each([
    ["its SMBIOS UUID and serial, with other network cards", shown("u1", "s1", B), known(1, "u1", "s1", A)],
    ["its SMBIOS UUID where the serial is not known", shown("u1", undefined), known(1, "u1", "s1")],
    ["its serial where the UUID is not known", shown(undefined, "s1"), known(1, "u1", "s1")],
    ["a network card where neither is known", shown(undefined, undefined, A, B), known(1, undefined, undefined, A)],
    [
      "a network card where it was enrolled without reading SMBIOS",
      shown("u1", "s1", A),
      known(1, undefined, undefined, A),
    ],
  ])("is known by %s", (_, newcomer, candidate) => {
    expect(recognise(newcomer, [candidate])).toEqual({ verdict: "known", host: 1 });
  });

  test("is not another one because a network card moved between two that are certain", () => {
    expect(recognise(shown("u2", "s2", A), [known(1, "u1", "s1", A)])).toEqual({ verdict: "new" });
    expect(recognise(shown("u2", "s2", A), [known(1, "u1", "s1", A), known(2, "u2", "s2", B)])).toEqual({
      verdict: "known",
      host: 2,
    });
  });

  test.each([
    ["the UUID of one and a serial of its own", shown("u1", "s2"), [known(1, "u1", "s1")]],
    ["the serial of one and a UUID of its own", shown("u2", "s1"), [known(1, "u1", "s1")]],
    ["a card of one and a UUID of its own", shown("u2", undefined, A), [known(1, "u1", undefined, A)]],
    [
      "the UUID of one and a card of another",
      shown("u1", "s1", C),
      [known(1, "u1", "s1", A), known(2, undefined, undefined, C)],
    ],
    [
      "cards of two",
      shown(undefined, undefined, A, B),
      [known(1, undefined, undefined, A), known(2, undefined, undefined, B)],
    ],
  ])("with %s is for a person to decide", (_, newcomer, candidates) => {
    expect(recognise(newcomer, candidates)).toMatchObject({ verdict: "doubtful", other: 1 });
  });
});

test("what boards answer that were never given an identity tells nothing", () => {
  expect(
    meaningfulParts({
      uuid: "03000200-0400-0500-0006-000700080009",
      serial: "To Be Filled By O.E.M.",
      macs: ["00:00:00:00:00:00", A, A],
    }),
  ).toEqual({ macs: [A] });
  expect(meaningfulParts({ uuid: "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", serial: " 0000000 ", macs: [] })).toEqual({
    macs: [],
  });
  expect(meaningfulParts({ uuid: "4C4C4544-1", serial: "ABC", macs: [] })).toEqual({
    uuid: "4c4c4544-1",
    serial: "abc",
    macs: [],
  });
});

test("hardware is remembered, newest last, and never without limit", () => {
  expect(rememberedHardware({ macs: [A, B] }, { uuid: "u1", macs: [A] })).toEqual({ uuid: "u1", macs: [B, A] });
  expect(rememberedHardware({ uuid: "u1", macs: [A, B] }, { uuid: "u2", macs: [B] })).toBeUndefined();
  const many = Array.from({ length: 64 }, (_, i) => `aa:00:00:00:01:${i.toString(16).padStart(2, "0")}`);
  expect(rememberedHardware({ macs: many }, { macs: [A] })?.macs).toEqual([...many.slice(1), A]);
});
