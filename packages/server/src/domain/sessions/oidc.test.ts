import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { engines } from "../../platform/store/engines.testing.ts";
import type { Store } from "../../platform/store/index.ts";
import { personOf } from "./claims.ts";
import { testProvider, type TestProvider } from "./provider.testing.ts";
import { openWorld, OWN } from "./sessions.testing.ts";

const START = "/sign-in/oidc/campus";
const CALLBACK = `${START}/callback`;

function settingsOf({ issuer, clientId, clientSecret }: Pick<TestProvider, "issuer" | "clientId" | "clientSecret">) {
  return {
    provider: "campus",
    label: "Campus",
    issuer,
    clientId,
    clientSecret,
    scopes: "openid profile email",
    nameClaim: "preferred_username",
    groupsClaim: "groups",
    accountClaim: "login",
  };
}

async function openCampus(store: Store) {
  await using owned = new AsyncDisposableStack();
  const provider = owned.use(await testProvider(`${OWN}/api/v1${CALLBACK}`));
  // The provider looks at the real clock.
  const world = owned.use(await openWorld(store, { oidc: settingsOf(provider) }));
  world.pass(Date.now() - world.clock.now());
  const life = owned.move();
  /** As far as the provider's answer, which is not brought back yet. */
  async function away(to = "") {
    const begun = await world.call("GET", `${START}${to}`);
    return { begun, back: new URL(await provider.visit(begun.location)) };
  }
  const bring = (back: URL, cookie: string | undefined) =>
    world.call("GET", `${CALLBACK}${back.search}`, {
      headers: { ...(cookie === undefined ? {} : { cookie }), "sec-fetch-site": "cross-site" },
    });
  return { ...world, provider, away, bring, [Symbol.asyncDispose]: () => life.disposeAsync() };
}

const refused = "/sign-in#error=identity.wrong-credentials";

describe.each(engines)("signing in at an identity provider, on $name", ({ open }) => {
  test("leads there and back, with the role of the provider's groups, and to the page that was wanted", async () => {
    await using store = await open();
    await using campus = await openCampus(store);
    campus.provider.become("s-1", {
      preferred_username: "ana",
      name: "Ana Álvarez",
      login: "aalvarez",
      groups: ["staff", "chess"],
    });
    const { begun, back } = await campus.away("?to=/jobs/job_1%3Fx%3D1");
    expect(begun.status).toBe(302);
    const asked = new URL(begun.location).searchParams;
    expect(asked.get("code_challenge_method")).toBe("S256");
    expect(asked.get("state")!.length).toBeGreaterThan(20);
    expect(asked.get("nonce")!.length).toBeGreaterThan(20);
    expect(begun.setCookie).toMatch(
      /^__Host-atalaya-oidc=[\w-]+; Path=\/; Max-Age=600; Secure; HttpOnly; SameSite=Lax$/,
    );
    for (const secret of [asked.get("state")!, asked.get("nonce")!]) expect(begun.cookie).not.toContain(secret);

    const arrived = await campus.bring(back, begun.cookie);
    expect([arrived.status, arrived.location]).toEqual([302, "/jobs/job_1?x=1"]);
    const [cookie] = arrived.cookies;
    const session = await campus.call("GET", "/session", { headers: { cookie: cookie! } });
    expect(session.body.actor).toMatchObject({ name: "oidc:campus:ana", account: "aalvarez", role: "viewer" });
    expect((await campus.users.standing("oidc:campus:ana"))!.given).toEqual({ role: "viewer" });
    expect(campus.records).toMatchObject([{ actor: "oidc:campus:ana", outcome: "done" }]);
  });

  test("is refused with another browser's answer, a second time, too late, or with a state that is not its own", async () => {
    await using store = await open();
    await using campus = await openCampus(store);
    campus.provider.become("s-1", { preferred_username: "ana", groups: ["staff"] });
    const mine = await campus.away();
    const theirs = await campus.away();
    expect((await campus.bring(mine.back, undefined)).location).toBe(refused);
    expect((await campus.bring(mine.back, theirs.begun.cookie)).location).toBe(refused);
    expect((await campus.bring(mine.back, `${mine.begun.cookie}x`)).location).toBe(refused);
    const changed = new URL(mine.back);
    changed.searchParams.set("code", "guessed");
    expect((await campus.bring(changed, mine.begun.cookie)).location).toBe(refused);
    changed.search = "?error=access_denied&state=x";
    expect((await campus.bring(changed, mine.begun.cookie)).location).toBe(refused);

    expect((await campus.bring(theirs.back, theirs.begun.cookie)).location).toBe("/");
    expect((await campus.bring(theirs.back, theirs.begun.cookie)).location).toBe(refused);
    const late = await campus.away();
    campus.pass(11 * 60_000);
    expect((await campus.bring(late.back, late.begun.cookie)).location).toBe(refused);
    expect(campus.records.filter(({ outcome }) => outcome === "done")).toHaveLength(1);
  });

  test("a name belongs to whom it was first given, and whoever is in no group of a rule stays outside", async () => {
    await using store = await open();
    await using campus = await openCampus(store);
    const arrive = async () => {
      const { begun, back } = await campus.away();
      return (await campus.bring(back, begun.cookie)).location;
    };
    campus.provider.become("s-1", { preferred_username: "ana", groups: ["staff"] });
    expect(await arrive()).toBe("/");
    campus.provider.become("s-2", { preferred_username: "ana", groups: ["staff"] });
    expect(await arrive()).toBe("/sign-in#error=identity.blocked");
    campus.provider.become("s-3", { preferred_username: "bob", groups: ["sudo", "*"] });
    expect(await arrive()).toBe("/sign-in#error=identity.no-role");
  });

  test("a provider that is away is told, and asked again the next time", async () => {
    await using store = await open();
    const gone = { issuer: "http://127.0.0.1:9", clientId: "a", clientSecret: "b" };
    await using world = await openWorld(store, { oidc: settingsOf(gone) });
    for (let at = 0; at < 2; at++) {
      expect((await world.call("GET", START)).location).toBe("/sign-in#error=identity.provider-unavailable");
    }
    expect((await world.call("GET", "/sign-in/oidc/other")).status).toBe(404);
  });
});

test("nobody is led to another site afterwards, whatever a link says", async () => {
  await using store = await engines[0]!.open();
  await using campus = await openCampus(store);
  campus.provider.become("s-1", { preferred_username: "ana", groups: ["staff"] });
  for (const to of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "evil",
    "/\t/evil.example",
    "/a%0d%0ax",
    "/.//evil.example",
    "/a/..//evil.example",
    "/\n/evil.example",
    `/${"x".repeat(9_000)}`,
  ]) {
    const { begun, back } = await campus.away(`?to=${encodeURIComponent(to)}`);
    const { location } = await campus.bring(back, begun.cookie);
    expect(new URL(location, OWN).origin).toBe(OWN);
    expect(location).not.toContain("//");
  }
  // As routers and people write addresses, not only as they are sent.
  const { begun, back } = await campus.away(`?to=${encodeURIComponent("/hosts/señal 漢?selector=a b")}`);
  const { location } = await campus.bring(back, begun.cookie);
  expect(location).toBe("/hosts/se%C3%B1al%20%E6%BC%A2?selector=a%20b");
});

test("whatever a provider claims, nobody gets a group of this machine or an account that is no account", () => {
  const names = { provider: "campus", nameClaim: "n", groupsClaim: "g", accountClaim: "a" };
  fc.assert(
    fc.property(fc.string(), fc.anything(), fc.anything(), (n, g, a) => {
      const person = personOf({ sub: "s", n, g, a }, names)!;
      expect(person.name.startsWith("oidc:campus:")).toBe(true);
      expect(person.groups.every((group) => group.startsWith("campus/"))).toBe(true);
      expect(person.account ?? "ok").toMatch(/^[a-z_][a-z0-9_.-]*$/i);
    }),
  );
  expect(personOf({ n: "ana" }, names)).toBeUndefined();
  expect(personOf({ sub: "s", g: "a b" }, names)!.groups).toEqual(["campus/a", "campus/b", "campus/*"]);
});
