import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { movableClock } from "../clock.testing.ts";
import { createLog, silentLog } from "../log/index.ts";
import { foreignAuthority, hasOpenssl } from "./openssl.testing.ts";
import { watchRevocationLists } from "./revocation-lists.ts";

describe.skipIf(!hasOpenssl)("lists of revoked certificates", () => {
  test("name certificates of their CA alone, and are followed when their file changes", async () => {
    await using ca = await foreignAuthority("programs");
    await using namesake = await foreignAuthority("programs");
    const [one, two] = [await ca.issue("one"), await ca.issue("two")].map(
      ({ certificate }) => new X509Certificate(certificate),
    );
    await ca.revoke("one");
    const clock = movableClock();
    const logged: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    using lists = await watchRevocationLists({
      file: ca.file("crl.pem"),
      authorities: [namesake.certificatePem, ca.certificatePem],
      setting: "ATALAYA_TEST_CRL",
      clock,
      log: createLog({ level: "info", destination: { write: (line) => void logged.push(line) } }),
      changed: resolve,
    });
    expect([lists.isRevoked(one!), lists.isRevoked(two!)]).toEqual([true, false]);

    // A file that is not good changes nothing.
    await writeFile(ca.file("next"), "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
    await rename(ca.file("next"), ca.file("crl.pem"));
    await lists.reload();
    expect([lists.isRevoked(one!), lists.isRevoked(two!)]).toEqual([true, false]);
    expect(logged.join()).toContain("those before stay in use");

    await ca.revoke("two");
    clock.move(10_000);
    await promise;
    expect([lists.isRevoked(one!), lists.isRevoked(two!)]).toEqual([true, true]);
    clock.move(60 * 86_400_000);
    await lists.reload();
    expect(logged.join()).toContain("past its time");
    expect(lists.isRevoked(one!)).toBe(true);
  });

  test("are taken as DER, too, and refused where they are none or another CA's", async () => {
    await using ca = await foreignAuthority("programs");
    await using other = await foreignAuthority("others");
    const one = new X509Certificate((await ca.issue("one")).certificate);
    await ca.revoke("one");
    const open = (file: string, authority = ca.certificatePem) =>
      watchRevocationLists({
        ...{ file, authorities: [authority], setting: "ATALAYA_TEST_CRL", clock: movableClock() },
        ...{ log: silentLog, changed: () => undefined },
      });
    execFileSync("openssl", ["crl", "-in", ca.file("crl.pem"), "-outform", "DER", "-out", ca.file("crl.der")]);
    using der = await open(ca.file("crl.der"));
    expect(der.isRevoked(one)).toBe(true);
    for (const wrong of [
      () => open(ca.file("none")),
      () => open(ca.file("ca.pem")),
      () => open(ca.file("crl.pem"), other.certificatePem),
    ])
      await expect(wrong()).rejects.toMatchObject({
        code: "settings.wrong",
        next: expect.stringContaining("TEST_CRL"),
      });
  });
});
