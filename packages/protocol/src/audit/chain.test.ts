import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "./canonical.ts";
import { checkChain, GENESIS, hashOfEntry } from "./chain.ts";
import type { AuditEntry } from "./entry.ts";
import { checkExport, type AuditManifest } from "./export.ts";
import { manifestBytes, positionBytes } from "./signed.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
/** Stands for a signature: nobody else knows the word. */
const seal = (bytes: Uint8Array) => sha256(`secret ${Buffer.from(bytes).toString("hex")}`);
const needs = {
  sha256,
  isSigned: (bytes: Uint8Array, text: string, signer: string) => signer === "s" && text === seal(bytes),
};

type Fields = Omit<AuditEntry, "writer" | "sequence" | "hash" | "signed">;

const fields: fc.Arbitrary<Fields> = fc
  .record(
    {
      at: fc.nat(),
      actor: fc.string(),
      action: fc.string(),
      targets: fc.array(fc.string(), { maxLength: 3 }),
      outcome: fc.constantFrom("done", "refused", "failed", "unknown"),
      code: fc.string(),
      details: fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        fc.jsonValue(),
      ),
      address: fc.string(),
    },
    { requiredKeys: ["at", "actor", "action", "targets", "outcome"] },
  )
  .map((made) => JSON.parse(JSON.stringify(made)) as Fields);

/** Of one writer; every entry that `signs` says is signed, as the last is. */
function chainOf(writer: string, drafts: readonly Fields[], signs: (at: number) => boolean = () => false) {
  let hash = GENESIS;
  return drafts.map((draft, index): AuditEntry => {
    const entry = { writer, sequence: index + 1, ...draft };
    hash = hashOfEntry(hash, entry, sha256);
    const isSigned = signs(index) || index === drafts.length - 1;
    const signature = seal(positionBytes("entry", { writer, sequence: index + 1, hash }));
    return { ...entry, hash, ...(isSigned ? { signed: { signature, signer: "s" } } : {}) };
  });
}

const endOf = (entries: readonly AuditEntry[]) => ({
  base: { writer: "w", sequence: 0, hash: GENESIS },
  head: { writer: "w", sequence: entries.length, hash: entries.at(-1)?.hash ?? GENESIS },
});

function check(entries: readonly unknown[], ends: ReturnType<typeof endOf>) {
  const checking = checkChain(ends, needs);
  for (const entry of entries) checking.add(entry);
  return { problem: checking.end(), good: checking.good };
}

const chains = fc
  .tuple(fc.array(fields, { minLength: 1, maxLength: 8 }), fc.func(fc.boolean()))
  .map(([drafts, signs]) => chainOf("w", drafts, signs as (at: number) => boolean));

const readBack = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe("a chain", () => {
  test("is good as it was written, also when read from JSON with its keys in another order", () => {
    fc.assert(
      fc.property(chains, (entries) => {
        const shuffled = readBack(entries).map((entry) => Object.fromEntries(Object.entries(entry).toReversed()));
        expect(check(shuffled, endOf(entries))).toEqual({ problem: undefined, good: entries.length });
      }),
    );
  });

  test("tells the entry whose text was changed, whatever field it is", () => {
    const change = fc.tuple(
      chains,
      fc.nat(),
      fc.constantFrom("at", "actor", "action", "outcome", "targets", "details", "code", "hash"),
      fields,
    );
    fc.assert(
      fc.property(change, ([entries, pick, field, other]) => {
        const at = pick % entries.length;
        const value = field === "hash" ? sha256(JSON.stringify(other)) : (other as Record<string, unknown>)[field];
        const forged = readBack(entries) as unknown as Record<string, unknown>[];
        if (value === undefined) delete forged[at]![field];
        else forged[at]![field] = value;
        fc.pre(canonicalJson(forged) !== canonicalJson(entries));
        const { problem, good } = check(forged, endOf(entries));
        expect(problem).toMatchObject({ sequence: at + 1 });
        expect(good).toBe(at);
      }),
    );
  });

  test("tells where an entry was removed, doubled or put elsewhere", () => {
    fc.assert(
      fc.property(
        chains,
        fc.nat(),
        fc.nat(),
        fc.constantFrom("remove", "double", "move"),
        (entries, one, other, kind) => {
          const from = one % entries.length;
          const to = other % entries.length;
          const forged = [...entries];
          if (kind === "remove") forged.splice(from, 1);
          if (kind === "double") forged.splice(from, 0, entries[from]!);
          if (kind === "move") forged.splice(to, 0, ...forged.splice(from, 1));
          fc.pre(kind !== "move" || from !== to);
          const { problem } = check(forged, endOf(entries));
          expect(problem).toBeDefined();
          const first = kind === "move" ? Math.min(from, to) : kind === "double" ? from + 1 : from;
          expect(problem!.sequence).toBe(first + 1);
        },
      ),
    );
  });

  test("tells that its end was cut off, and where", () => {
    fc.assert(
      fc.property(chains, fc.nat(), (entries, pick) => {
        const left = pick % entries.length;
        const { problem } = check(entries.slice(0, left), endOf(entries));
        expect(problem).toMatchObject({ kind: "truncated", sequence: left + 1 });
      }),
    );
  });

  test("whose hashes were all made anew is betrayed by the next signature, and says behind which entry", () => {
    fc.assert(
      fc.property(chains, fc.nat(), (entries, pick) => {
        const at = pick % entries.length;
        const drafts = entries.map(({ writer: _w, sequence: _s, hash: _h, signed: _d, ...draft }) => draft);
        const forged = chainOf(
          "w",
          drafts.map((draft, index) => (index === at ? { ...draft, actor: `${draft.actor}!` } : draft)),
        );
        // The forger keeps the signatures, having no key.
        const kept = forged.map(({ signed: _, ...entry }, index) => {
          const { signed } = entries[index]!;
          return signed === undefined ? entry : { ...entry, signed };
        });
        const { problem } = check(kept, { ...endOf(entries), head: endOf(forged).head });
        expect(problem?.kind).toBe("unsigned");
        expect(problem!.sequence).toBeLessThanOrEqual(at + 1);
        const proven = entries.findLastIndex(({ signed }, index) => signed !== undefined && index < at) + 1;
        expect(problem!.sequence).toBe(proven + 1);
      }),
    );
  });

  test("takes no field that nobody wrote", () => {
    const entries = chainOf("w", [{ at: 1, actor: "a", action: "b", targets: [], outcome: "done" }]);
    const { problem } = check([{ ...entries[0], note: "it was not me" }], endOf(entries));
    expect(problem).toMatchObject({ kind: "unreadable", sequence: 1 });
  });
});

/** Two chains behind a signed first line, as lines. */
function exported(one: readonly Fields[], two: readonly Fields[]): string[] {
  const written = [chainOf("w", one), chainOf("x", two)];
  const ends = written.map((entries, index) => ({
    writer: index === 0 ? "w" : "x",
    base: { sequence: 0, hash: GENESIS },
    head: { sequence: entries.length, hash: entries.at(-1)?.hash ?? GENESIS },
  }));
  const unsigned = {
    kind: "atalaya.audit",
    version: 1,
    at: 5,
    server: "w",
    signers: {},
    signer: "s",
    chains: ends,
  } as const;
  const manifest: AuditManifest = { ...unsigned, chains: [...ends], signature: seal(manifestBytes(unsigned)) };
  return [manifest, ...written.flat()].map((line) => JSON.stringify(line));
}

function verdict([first, ...lines]: readonly string[]) {
  const checking = checkExport(JSON.parse(first!) as AuditManifest, needs);
  for (const line of lines) checking.line(line);
  return checking.end();
}

describe("an export", () => {
  const exports = fc
    .tuple(fc.array(fields, { maxLength: 4 }), fc.array(fields, { maxLength: 4 }))
    .map(([a, b]) => exported(a, b));

  test("is good as it was written", () => {
    fc.assert(
      fc.property(exports, (lines) => {
        expect(verdict(lines)).toEqual({ entries: lines.length - 1 });
      }),
    );
  });

  test("that lost, gained or swapped lines, or one byte, is told, with the line", () => {
    const hurt = fc.tuple(exports, fc.constantFrom("cut", "drop", "double", "swap", "byte", "add"), fc.nat(), fc.nat());
    fc.assert(
      fc.property(hurt, ([lines, kind, one, other]) => {
        const at = 1 + (one % Math.max(1, lines.length - 1));
        let forged = [...lines];
        if (kind === "cut") forged = lines.slice(0, at);
        if (kind === "drop") forged.splice(at, 1);
        if (kind === "double") forged.splice(at, 0, lines[at] ?? "{}");
        if (kind === "swap") [forged[at], forged[at + 1]] = [forged[at + 1] ?? "{}", forged[at] ?? "{}"];
        if (kind === "add") forged.push(lines.at(-1)!);
        if (kind === "byte" && lines[at] !== undefined) {
          const place = other % lines[at].length;
          forged[at] = `${lines[at].slice(0, place)}#${lines[at].slice(place + 1)}`;
        }
        // A signature that is gone takes no entry with it.
        fc.pre(forged.join("\n") !== lines.join("\n"));
        const { problem } = verdict(forged);
        expect(problem).toBeDefined();
        expect(problem!.line).toBeGreaterThan(1);
      }),
    );
  });

  test("that ends in the middle of a line was cut off there; what follows a torn line makes it a change", () => {
    const lines = exported(
      [1, 2, 3].map((at) => ({ at, actor: "a", action: "b", targets: [], outcome: "done" })),
      [],
    );
    const half = lines[2]!.slice(0, 40);
    expect(verdict([lines[0]!, lines[1]!, half])).toMatchObject({
      entries: 1,
      problem: { kind: "truncated", line: 3, sequence: 2, message: expect.stringContaining("in the middle") },
    });
    expect(verdict([lines[0]!, lines[1]!, half, lines[3]!]).problem).toMatchObject({ kind: "unreadable", line: 3 });
  });

  test("whose first line was changed proves nothing", () => {
    const lines = exported([{ at: 1, actor: "a", action: "b", targets: [], outcome: "done" }], []);
    const manifest = JSON.parse(lines[0]!) as AuditManifest;
    const shorter = { ...manifest, chains: manifest.chains.slice(1) };
    expect(verdict([JSON.stringify(shorter)]).problem).toMatchObject({ kind: "unsigned", line: 1 });
  });
});
