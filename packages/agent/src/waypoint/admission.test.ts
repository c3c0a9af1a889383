import { isHop, MAX_HOPS, showHops, WAYPOINT_TARGET } from "@atalaya/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { admitCall, limits, type Call, type Standing } from "./admission.ts";

const nobody = { all: 0, member: 0, guests: 0, address: 0 };
const standing: Standing = {
  enrolment: "enr_own",
  hasLink: true,
  servers: ["tower.example.org:8443", "[fd00::1]:8443"],
  guests: true,
  carried: nobody,
};
const call: Call = { target: WAYPOINT_TARGET, via: showHops(["enr_child"]), member: "enr_child" };
const codeOf = (asked: Partial<Call>, at: Partial<Standing> = {}): string => {
  const admission = admitCall({ ...call, ...asked }, { ...standing, ...at });
  return admission.verdict === "carry" ? admission.hops.join(" ") : admission.code;
};

test("members are carried to our own server, by whatever name of it, and nowhere else", () => {
  expect(codeOf({})).toBe("enr_child enr_own");
  expect(codeOf({ target: "tower.example.org:8443" })).toBe("enr_child enr_own");
  expect(codeOf({ target: "[fd00::1]:8443", via: undefined })).toBe("enr_own");
  for (const target of ["tower.example.org:22", "10.0.0.9:8443", "localhost:8443", "tower.example.org", "", "/", "*"])
    expect(codeOf({ target })).toBe("waypoint.forbidden");
});

test("whatever is asked for, nothing but our own server is led to", () => {
  const names = fc.oneof(fc.constantFrom(WAYPOINT_TARGET, ...standing.servers), fc.webAuthority(), fc.string());
  const hop = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
  const ways = fc.oneof(fc.string(), fc.array(fc.oneof(hop, fc.constant("enr_own"))).map(showHops));
  fc.assert(
    fc.property(
      names,
      ways,
      fc.option(fc.string(), { nil: undefined }),
      fc.boolean(),
      (target, via, member, guests) => {
        const admission = admitCall({ target, via, member }, { ...standing, guests });
        if (admission.verdict === "refuse") return;
        expect([WAYPOINT_TARGET, ...standing.servers]).toContain(target);
        expect(guests || member !== undefined).toBe(true);
        expect(admission.hops.length).toBeLessThanOrEqual(MAX_HOPS + 1);
        expect(admission.hops.every(isHop)).toBe(true);
        // Each waypoint is on a way once.
        expect(admission.hops.filter((one) => one === "enr_own")).toHaveLength(1);
      },
    ),
  );
});

test("a way through ourselves is a loop, and so is one without end", () => {
  expect(codeOf({ via: showHops(["enr_own"]) })).toBe("waypoint.loop");
  expect(codeOf({ via: showHops(["enr_child", "enr_own", "enr_b"]) })).toBe("waypoint.loop");
  const long = Array.from({ length: MAX_HOPS + 1 }, (_, at) => `enr_${at}`);
  expect(codeOf({ via: showHops(long) })).toBe("waypoint.loop");
  expect(codeOf({ via: showHops(long.slice(1)) })).toContain("enr_own");
});

test("without a link of our own everybody is told so at once", () => {
  expect(codeOf({}, { hasLink: false })).toBe("waypoint.no-link");
});

test("guests are carried where the owner wants it, and a few at a time", () => {
  const guest = { member: undefined, via: undefined };
  expect(codeOf(guest)).toBe("enr_own");
  expect(codeOf(guest, { guests: false })).toBe("waypoint.forbidden");
  expect(codeOf(guest, { carried: { ...nobody, guests: limits.guests } })).toBe("waypoint.busy");
  expect(codeOf(guest, { carried: { ...nobody, address: limits.guestsOfAddress } })).toBe("waypoint.busy");
  expect(codeOf({}, { carried: { ...nobody, guests: limits.guests } })).toContain("enr_own");
  expect(codeOf({}, { carried: { ...nobody, member: limits.member } })).toBe("waypoint.busy");
  expect(codeOf({}, { carried: { ...nobody, all: limits.all } })).toBe("waypoint.busy");
});

test("what cannot be read is refused, never guessed", () => {
  for (const via of ["1.1 a b", "squid", ",", `1.1 ${"x".repeat(65)}`])
    expect(codeOf({ via })).toBe("waypoint.malformed");
  expect(codeOf({ target: undefined })).toBe("waypoint.malformed");
  expect(codeOf({ member: "a\r\nVia: b" })).toBe("waypoint.malformed");
});
