import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import { route, routes } from "../../api/route.ts";
import { Name } from "../../api/schemas.ts";
import { cookieNamed } from "./cookie.ts";
import type { Entrance } from "./entrance.ts";
import { UNDER_WAY_MS, type Oidc } from "./oidc.ts";
import type { SignIn } from "./sign-in.ts";

const tags = ["identity"];
const params = z.object({ provider: Name });
/** Lax: the provider's page leads back here, and with Strict the browser would come without it. */
const COOKIE = "__Host-atalaya-oidc";

export interface OidcRoutesNeeds {
  readonly oidc: Oidc | undefined;
  readonly signIn: Pick<SignIn, "byProvider">;
  readonly entrance: Entrance;
}

/** `/sign-in/oidc`: pages that a browser passes through; failures lead back to the sign-in page, which tells them. */
export const oidcRoutes = ({ oidc, signIn, entrance }: OidcRoutesNeeds) => {
  function known(provider: string): Oidc {
    if (oidc?.provider === provider) return oidc;
    throw new AtalayaError("route.unknown", `There is no identity provider ${provider}.`);
  }
  return routes()
    .openapi(
      route({
        method: "get",
        path: "/sign-in/oidc/{provider}",
        operationId: "beginOidc",
        permission: "public",
        summary: "Go to the identity provider",
        tags,
        params,
        query: z.object({ to: z.string().max(16_384).optional().describe("Path of the console to go to afterwards.") }),
        responses: { 302: null },
      }),
      async (c) => {
        const one = known(c.req.valid("param").provider);
        try {
          const to = localPath(c.req.valid("query").to);
          const { url, kept } = await one.begin(callbackOf(c.req.raw, one), to);
          return away(url, [
            `${COOKIE}=${kept}; Path=/; Max-Age=${UNDER_WAY_MS / 1000}; Secure; HttpOnly; SameSite=Lax`,
          ]);
        } catch (error) {
          return away(pageOf(error), []);
        }
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/sign-in/oidc/{provider}/callback",
        operationId: "finishOidc",
        permission: "public",
        summary: "Come back from the identity provider",
        tags,
        params,
        responses: { 302: null },
      }),
      async (c) => {
        const one = known(c.req.valid("param").provider);
        const { headers, url } = c.req.raw;
        const { address } = c.var.peer;
        const gone = `${COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax`;
        try {
          const { cookie, to } = await entrance.pass({ actor: `oidc:${one.provider}`, address }, async (steps) => {
            const kept = cookieNamed(COOKIE, headers.get("cookie"));
            const { person, to } = await one.finish(new URL(url), kept).catch((error: unknown) => {
              if (error instanceof AtalayaError && error.cause instanceof Error) steps.note(error.cause.message);
              throw error;
            });
            const signedIn = await signIn.byProvider(person, { address, agent: headers.get("user-agent") ?? "" });
            return { ...signedIn, to };
          });
          return away(to, [cookie, gone]);
        } catch (error) {
          c.var.log.info({ err: error }, "an identity provider's answer let nobody in");
          return away(pageOf(error), [gone]);
        }
      },
    );
};

/** As the provider knows it: it sends browsers only to addresses that were registered there. */
function callbackOf({ headers, url }: Request, { provider }: Oidc): string {
  const host = headers.get("host") ?? new URL(url).host;
  return `https://${host}/api/v1/sign-in/oidc/${provider}/callback`;
}

/** What is kept of it lies in a cookie meanwhile, and browsers take 4 KB. */
const MOST_KEPT = 2_000;

/** A path of ours as an address holds it, or the first page: never another site, whatever a link says. */
function localPath(to: string | undefined): string {
  const here = "https://here.invalid";
  // As browsers read it, who take `/\` and `/<tab>/` for the beginning of another site.
  const url = to?.startsWith("/") === true ? URL.parse(to, here) : null;
  if (url?.origin !== here) return "/";
  const path = url.pathname + url.search + url.hash;
  return path.startsWith("//") || path.length > MOST_KEPT ? "/" : path;
}

function pageOf(error: unknown): string {
  return `/sign-in#error=${error instanceof AtalayaError ? error.code : "server.internal"}`;
}

function away(location: string, cookies: readonly string[]) {
  const headers = new Headers({ Location: location });
  for (const cookie of cookies) headers.append("Set-Cookie", cookie);
  return new Response(null, { status: 302, headers }) as never;
}
