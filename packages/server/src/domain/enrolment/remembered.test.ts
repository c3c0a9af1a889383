import { expect, test } from "vitest";
import type { KnownCertificate } from "./certificates.store.ts";
import { rememberedCertificates } from "./remembered.ts";

const certificate = (serial: string): KnownCertificate => ({
  issue: 1,
  serial,
  sha256: `digest of ${serial}`,
  notAfter: 1,
  state: "current",
  enrolment: { key: 1, id: "enr_1", state: "accepted", host: 1, system: 1, fingerprint: { macs: [] } },
});

test("what was read is remembered until something changes", () => {
  const remembered = rememberedCertificates();
  remembered.reading()(certificate("A"));
  expect(remembered.bySha256("digest of A")).toEqual(certificate("A"));
  expect(remembered.bySha256("digest of B")).toBeUndefined();
  remembered.forget();
  expect(remembered.bySha256("digest of A")).toBeUndefined();
});

test("what was read before a change is not remembered after it", () => {
  const remembered = rememberedCertificates();
  const remember = remembered.reading();
  remembered.forget();
  remember(certificate("A"));
  expect(remembered.bySha256("digest of A")).toBeUndefined();
  remembered.reading()(certificate("A"));
  expect(remembered.bySha256("digest of A")).toBeDefined();
});

test("makes room for the next by letting go of the one that has been there longest", () => {
  const remembered = rememberedCertificates(2);
  const remember = remembered.reading();
  for (const serial of ["A", "B", "C"]) remember(certificate(serial));
  expect(["A", "B", "C"].map((serial) => remembered.bySha256(`digest of ${serial}`) !== undefined)).toEqual([
    false,
    true,
    true,
  ]);
});
