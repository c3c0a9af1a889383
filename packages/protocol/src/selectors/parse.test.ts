import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AtalayaError } from "../failures.ts";
import type { MalformedDetails } from "./malformed.ts";
import { parseSelector } from "./parse.ts";
import { printSelector } from "./print.ts";
import { MAX_SELECTOR_DEPTH, MAX_SELECTOR_LENGTH } from "./selector.ts";
import { selectors } from "./selectors.testing.ts";

const canonical = (text: string) => printSelector(parseSelector(text));

describe("reading a selector", () => {
  test("whatever is printed is read back as the same tree", () => {
    fc.assert(
      fc.property(selectors, (selector) => {
        expect(parseSelector(printSelector(selector))).toEqual(selector);
      }),
      { numRuns: 2_000 },
    );
  });

  test("any text is either read, and then printed in a stable form, or refused with its code", () => {
    const pieces = fc.constantFrom(
      ..."()[]*?,:@/<>=!&|\\\"'- \t\n".split(""),
      "name:",
      "cpu:",
      "label:",
      "ip:",
      "and",
      "or ",
      "not ",
      "all",
      "01-40",
      "a",
      "é",
      "\u0000",
      "\ud800",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
          fc.string({ unit: "binary" }),
        ),
        (text) => {
          const outcome = outcomeOf(text);
          expect(outcome).toEqual(
            "printed" in outcome
              ? { printed: canonical(outcome.printed) }
              : { code: "selector.malformed", inside: true },
          );
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ["pc-01", "name:pc-01"],
    ["pc[01-40,42],web?", "name:pc[01-40,42],web?"],
    ["lab:aula-1 AND os:debian and not label:frozen", "lab:aula-1 and os:debian and not label:frozen"],
    ["a or b and c", "name:a or name:b and name:c"],
    ["(a or b) and c", "(name:a or name:b) and name:c"],
    ["(a and (b and c))", "name:a and name:b and name:c"],
    ["not (a or b)", "not (name:a or name:b)"],
    ["@lab-machines or none", "@lab-machines or none"],
    ["place:site-a/aula-1,site-b", "place:site-a/aula-1,site-b"],
    ["place:'Campus Sur/Aula 1'", 'place:"Campus Sur"/"Aula 1"'],
    ['label:owner="Ana López"', 'label:owner="Ana López"'],
    ['label:note=""', 'label:note=""'],
    ["'all'", "name:all"],
    ['name:"a*b"*', 'name:"a*b"*'],
    ["cpu:>=4 and memory:>=8gib and disk:>0.5TB", "cpu:>=4 and memory:>=8GiB and disk:>500GB"],
    ["cpu:=4", "cpu:4"],
    ["agent:<1.2 or kernel:6.1.*", "agent:<1.2 or kernel:6.1.*"],
    ["seen:5m", "seen:<5m"],
    ["seen:>168h", "seen:>7d"],
    ["ip:10.1.2.3/8,::ffff:192.0.2.1,2001:DB8::0/32", "ip:10.0.0.0/8,192.0.2.1,2001:db8::/32"],
    ["ip:10.0.0.[1-20]", "ip:10.0.0.[1-20]"],
    ["mac:00-11-22-*", "mac:00:11:22:*"],
    ["State:Online,offline", "state:online,offline"],
  ])("%s means %s", (written, printed) => {
    expect(canonical(written)).toBe(printed);
  });

  test.each([
    ["", 0, /the end stands where a term should/],
    ["lab:", 4, /nothing stands after `lab:`/],
    ["lab: aula-1", 4, /nothing stands after `lab:`/],
    ["pc-01 pc-02", 6, /`pc-02` stands where the selector could end.*expected `and`, `or` or the end/],
    ["a and", 5, /the end stands where a term should/],
    ["a and or b", 6, /`or` stands where a term should/],
    ["(a or b", 0, /a parenthesis is never closed/],
    ["a)", 1, /`\)` stands where the selector could end/],
    ["lap:aula-1", 0, /`lap` is no field.*name, id, place/],
    ["pc[01-40", 2, /a bracket is never closed/],
    ["pc01]", 4, /a bracket is closed that was never opened/],
    ["pc[]", 3, /a number is missing/],
    ["pc[1-]", 5, /a number is missing/],
    ["pc[a-b]", 3, /`a` is no digit/],
    ["pc[40-01]", 6, /not written with as many|runs backwards/],
    ["pc[40-12]", 6, /the range runs backwards/],
    ["pc[001-40]", 7, /not written with as many digits.*expected `040`/],
    ["pc[1-2-3]", 6, /a range has two ends/],
    ["name:a,,b", 7, /a name is missing/],
    ["os:>=12", 3, /a comparison stands where text is compared/],
    ["memory:>=8", 9, /memory is compared with a quantity.*8GiB/],
    ["memory:=>8GiB", 7, /`=>` is no comparison/],
    ["memory>1GiB", 6, /a colon is missing after `memory`.*expected `memory:>1GiB`/],
    ["os=debian and all", 2, /a colon is missing after `os`.*expected `os:debian`/],
    ["cpu:many", 4, /cpu is compared with a quantity/],
    ["state:up", 6, /no state of a host.*online, offline, quarantined or pending/],
    ["ip:300.1.1.1", 3, /no IP address/],
    ["ip:10.0.0.0/33", 12, /no prefix length.*0 to 32/],
    ["seen:<soon", 6, /no length of time/],
    ["seen:=5m", 5, /nothing is seen at an exact moment/],
    ["label:=x", 6, /a label is missing/],
    ["label:a b", 8, /`b` stands/],
    ["@", 1, /no name of a group/],
    ["a && b", 2, /`&` has no meaning here.*`and`/],
    ["!a", 0, /`!` has no meaning here/],
    ['name:"abc', 5, /a quotation is never closed/],
    ['name:"a\\n"', 8, /a backslash escapes nothing/],
    ["place:site-a//x", 13, /a place is missing/],
    ["place:/site-a", 6, /a place is missing/],
  ])("%j is refused after %i", (text, offset, sentence) => {
    const error = refusalOf(text);
    expect(error.code).toBe("selector.malformed");
    expect(error.message).toMatch(sentence);
    expect(error.message).toContain(` at position ${offset + 1}`);
    expect(error.details).toMatchObject({ position: offset + 1 });
    expect((error.details!["expected"] as readonly string[]).length).toBeGreaterThan(0);
  });

  test("the caret stands under the position, also in a long selector", () => {
    expect(refusalOf("lab:aula-1 and oss:debian").details!["caret"]).toBe(
      "lab:aula-1 and oss:debian\n               ^",
    );
    const [line, caret] = (
      refusalOf(`${"a or ".repeat(50)}zz:y or ${"b or ".repeat(50)}b`).details!["caret"] as string
    ).split("\n");
    expect(line!.slice(caret!.indexOf("^"))).toMatch(/^zz:y/);
    expect(line!.length).toBeLessThan(80);
  });

  test("length and depth have limits", () => {
    expect(refusalOf("a".repeat(MAX_SELECTOR_LENGTH + 1)).message).toMatch(/at most 65536 characters/);
    // Its canonical form, with `name:` before each, would be too long to be read again.
    expect(refusalOf("a or ".repeat(13_000).concat("a")).message).toMatch(/at most 65536 characters/);
    const nested = (levels: number) => "(".repeat(levels) + "a" + ")".repeat(levels);
    expect(canonical(nested(MAX_SELECTOR_DEPTH))).toBe("name:a");
    expect(refusalOf(nested(MAX_SELECTOR_DEPTH + 1)).message).toMatch(/nested too deeply/);
    expect(refusalOf(`${"not ".repeat(60_000 / 4)}a`).message).toMatch(/nested too deeply/);
  });
});

function outcomeOf(text: string): { readonly printed: string } | { readonly code: string; readonly inside: boolean } {
  try {
    return { printed: canonical(text) };
  } catch (error) {
    if (!(error instanceof AtalayaError)) throw error;
    const { position } = error.details as unknown as MalformedDetails;
    return { code: error.code, inside: position >= 1 && position <= text.length + 1 };
  }
}

function refusalOf(text: string): AtalayaError {
  try {
    parseSelector(text);
  } catch (error) {
    if (error instanceof AtalayaError) return error;
    throw error;
  }
  throw new Error(`${text} was read`);
}
