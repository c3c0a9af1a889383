import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { movableClock } from "../../platform/clock.testing.ts";
import { foreignCertificate, hasOpenssl } from "../../platform/pki/openssl.testing.ts";
import type { RsaAuthority } from "../../platform/pki/rsa-authority.ts";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { createActivation } from "./agents.ts";
import { csrFor, testRsaAuthority } from "./world.testing.ts";

let ca: RsaAuthority & AsyncDisposable;
beforeAll(async () => void (ca = await testRsaAuthority()));
afterAll(() => ca[Symbol.asyncDispose]());

const wish = { serialKey: "4c4c4544-0000", bolt: {} };

function open(store: Store, clock = movableClock()) {
  return createActivation({ store, clock, authority: async () => ca, certificateDays: 100 });
}

describe.skipIf(!hasOpenssl).each(engines)("activation on $name", ({ open: openStore }) => {
  test("knows an agent by its serial key and token, and by nothing less", async () => {
    await using store = await openStore();
    const activation = open(store);
    const { agent, token } = await activation.create(wish, "token:ana");
    expect(agent).toMatchObject({ serialKey: "4c4c4544-0000", active: true, uses: null, used: 0 });
    expect(token.length).toBeGreaterThan(40);
    expect(await activation.authenticate({ serialKey: wish.serialKey, token })).toEqual(agent);
    for (const wrong of [
      undefined,
      { serialKey: wish.serialKey, token: "wrong" },
      { serialKey: wish.serialKey, token: "" },
      { serialKey: "other", token },
    ])
      await expect(activation.authenticate(wrong)).rejects.toMatchObject({ code: "activation.refused" });
    expect(JSON.stringify(await activation.list({ limit: 10 }))).not.toContain(token);
    await expect(activation.create(wish, "token:ana")).rejects.toMatchObject({ code: "activation.taken" });
  });

  test("signs the key of a CSR that names the agent, and takes nothing else from it", async () => {
    await using store = await openStore();
    const activation = open(store);
    const { agent } = await activation.create({ ...wish, id: "agent-1" }, "local");
    const extensions = ["basicConstraints=critical,CA:TRUE,pathlen:9", "subjectAltName=DNS:tower", "nsComment=x"];
    const pem = await activation.sign(agent, await csrFor("agent-1", { extensions }));
    const certificate = new X509Certificate(pem);
    expect(certificate).toMatchObject({ subject: "CN=agent-1", ca: false, subjectAltName: undefined });
    expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    expect(ca.issued(certificate)).toBe(true);
    expect(await activation.admit("agent-1", certificate)).toEqual({ aliases: ["4c4c4544-0000"] });
    expect(await activation.admit("agent-2", certificate)).toEqual({ refused: "certificate.revoked" });
    await expect(activation.sign(agent, await csrFor("agent-2"))).rejects.toMatchObject({
      code: "activation.csr-mismatch",
    });
    for (const text of ["", "nonsense", await csrFor("agent-1", { bits: 1024 }), pem])
      await expect(activation.sign(agent, text)).rejects.toMatchObject({ code: "activation.csr-malformed" });
    const csr = await csrFor("agent-1");
    // A bit of its signature is turned.
    const der = Buffer.from(csr.replaceAll(/-----[A-Z ]+-----/g, ""), "base64");
    der[der.length - 1]! ^= 1;
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    await expect(activation.sign(agent, forged)).rejects.toMatchObject({ code: "activation.csr-malformed" });
    await expect(activation.sign(agent, csr + csr)).rejects.toMatchObject({ code: "activation.csr-malformed" });
  });

  test("lets an agent be activated once; the answer that was lost is given again to the same key", async () => {
    await using store = await openStore();
    const activation = open(store);
    const { agent } = await activation.create({ ...wish, id: "once", uses: 1 }, "local");
    await activation.sign(agent, await csrFor("once"));
    await activation.sign(agent, await csrFor("once"));
    const other = await csrFor("once", { bits: 2048 });
    await expect(activation.sign(agent, other)).rejects.toMatchObject({ code: "activation.used-up" });
    expect(await activation.agent("once")).toMatchObject({ uses: 1, used: 1, activatedAt: expect.any(Number) });
    await activation.replace("once", { ...wish, uses: 1 });
    await activation.sign(agent, other);
  });

  test("what has expired, is kept out or removed activates nothing and opens nothing", async () => {
    await using store = await openStore();
    const clock = movableClock();
    const activation = open(store, clock);
    const gone: string[] = [];
    using _ = activation.onDismissed((id) => gone.push(id));
    const token = "a token that was brought along";
    const expiresAt = clock.now() + 60_000;
    const { agent } = await activation.create({ ...wish, id: "x", token, expiresAt }, "local");
    const certificate = new X509Certificate(await activation.sign(agent, await csrFor("x")));
    clock.move(61_000);
    const credentials = { serialKey: wish.serialKey, token };
    await expect(activation.authenticate(credentials)).rejects.toMatchObject({ code: "activation.refused" });
    expect(await activation.admit("x", certificate)).toEqual({ aliases: [wish.serialKey] });
    await activation.replace("x", wish);
    expect(await activation.authenticate(credentials)).toMatchObject({ id: "x" });
    expect(await activation.refusal(certificate)).toBeUndefined();
    await activation.setActive("x", false);
    expect(await activation.refusal(certificate)).toBe("certificate.revoked");
    expect(await activation.admit("x", certificate)).toEqual({ refused: "certificate.revoked" });
    await expect(activation.authenticate(credentials)).rejects.toMatchObject({ code: "activation.refused" });
    await activation.setActive("x", true);
    expect(await activation.admit("x", certificate)).toEqual({ aliases: [wish.serialKey] });
    await activation.remove("x");
    await activation.create({ ...wish, id: "x" }, "local");
    expect(await activation.admit("x", certificate)).toEqual({ refused: "certificate.revoked" });
    expect(await activation.refusal(certificate)).toBe("certificate.revoked");
    const { certificatePem } = await foreignCertificate("DNS:x");
    expect(await activation.refusal(new X509Certificate(certificatePem))).toBeUndefined();
    expect(gone).toEqual(["x", "x"]);
    await expect(activation.remove("y")).rejects.toMatchObject({ code: "activation.unknown" });
  });

  test("forgets certificates that have expired, and pages through agents", async () => {
    await using store = await openStore();
    const clock = movableClock();
    const activation = open(store, clock);
    for (const id of ["a", "b", "c"]) await activation.create({ ...wish, id, serialKey: id }, "local");
    await activation.sign(await activation.agent("b"), await csrFor("b"));
    expect(await activation.lastCertificate("b")).toMatchObject({ expires_at: expect.any(Number) });
    const [first, second] = await activation.list({ limit: 2 });
    expect([first?.id, second?.id]).toEqual(["c", "b"]);
    expect((await activation.list({ limit: 2, before: second!.key })).map(({ id }) => id)).toEqual(["a"]);
    expect(await activation.prune()).toBe(0);
    clock.move(101 * 86_400_000);
    expect(await activation.prune()).toBe(1);
    await expect(activation.replace("a", { ...wish, serialKey: "b" })).rejects.toMatchObject({
      code: "activation.taken",
    });
  });
});
