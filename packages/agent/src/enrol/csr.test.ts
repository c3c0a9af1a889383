import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { authority } from "../testing/authority.testing.ts";
import { certificateRequest } from "./csr.ts";

test("a CA reads our request, verifies it and issues for its key", async () => {
  const ca = await authority();
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  for (const name of [undefined, "enr_1", "x".repeat(200)]) {
    const certificate = new X509Certificate(await ca.sign(certificateRequest(privateKey, name), "enr_1"));
    expect(certificate.publicKey.equals(publicKey)).toBe(true);
    expect(certificate.verify(new X509Certificate(ca.certificate).publicKey)).toBe(true);
  }
});
