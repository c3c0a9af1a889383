/** A real identity provider on loopback; whoever comes is the person that the test named last, without being asked. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import Provider from "oidc-provider";

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in from now on. */
  become(subject: string, claims?: Readonly<Record<string, unknown>>): void;
  /** Goes through the provider's pages as a browser does; answers the address that it is led back to. */
  visit(url: string): Promise<string>;
}

export async function testProvider(redirectUri: string): Promise<TestProvider> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clientId = "atalaya";
  const clientSecret = "a secret/with:signs+%";
  let person: { subject: string; claims: Readonly<Record<string, unknown>> } = { subject: "nobody", claims: {} };

  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
    pkce: { required: () => true },
    claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups", "login"], email: ["email"] },
    findAccount: async (_context, id) => ({ accountId: id, claims: async () => ({ sub: id, ...person.claims }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    cookies: { keys: ["for the test"] },
    ttl: { Session: 60, Interaction: 60, Grant: 60, AccessToken: 60, IdToken: 60, AuthorizationCode: 60 },
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client!.clientId,
        accountId: oidc.session!.accountId!,
      });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
  });
  const handle = provider.callback();
  server.on("request", (request, response) => {
    if (!request.url!.startsWith("/interaction/")) return void handle(request, response);
    void provider.interactionFinished(request, response, { login: { accountId: person.subject, remember: false } });
  });

  return {
    issuer,
    clientId,
    clientSecret,
    become: (subject, claims = {}) => void (person = { subject, claims }),
    async visit(url) {
      const jar = new Map<string, string>();
      for (let at = url; ;) {
        if (!at.startsWith(issuer)) return at;
        const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
        const answer = await fetch(at, { redirect: "manual", headers: { cookie } });
        for (const each of answer.headers.getSetCookie()) {
          const [, name, value] = /^([^=]+)=([^;]*)/.exec(each)!;
          jar.set(name!, value!);
        }
        const location = answer.headers.get("location");
        if (location === null) throw new Error(`${answer.status} at ${at}: ${(await answer.text()).slice(0, 500)}`);
        at = new URL(location, at).href;
      }
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}
