import { AtalayaError } from "@atalaya/protocol";
import { z } from "zod";
import type { Actor } from "../../api/actor.ts";
import { checkOwnOrigin } from "../../api/own-origin.ts";
import { pageOf, PageQuery } from "../../api/page.ts";
import type { Role } from "../../api/permissions.ts";
import { roles } from "../../api/permissions.ts";
import { route, routes } from "../../api/route.ts";
import { idOf, Timestamp } from "../../api/schemas.ts";
import { clearCookie, cookieNamed, SESSION_COOKIE } from "./cookie.ts";
import { Session, SessionEntry } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import type { SessionKeys } from "./session-keys.ts";
import type { Comer, SignIn } from "./sign-in.ts";
import type { SignInLinks } from "./sign-in-links.ts";

const tags = ["identity"];
const QUARTER_MS = 15 * 60_000;
const DAY_MS = 86_400_000;
const userQuery = z.string().min(1).max(300).optional().describe("Whose, by name; absent: one's own.");

const Method = z
  .discriminatedUnion("kind", [
    z.object({ kind: z.literal("pam") }),
    z.object({ kind: z.literal("oidc"), name: z.string(), label: z.string(), start: z.string() }),
    z.object({ kind: z.literal("link") }),
  ])
  .meta({ id: "SignInMethod", description: "A way to sign in." });
export type SignInMethod = z.output<typeof Method>;

const SignInPage = z
  .object({
    server: z.string().describe("What people call this server."),
    version: z.string(),
    methods: z.array(Method),
    notes: z.array(z.string()).describe("Why a way is missing, for people."),
  })
  .meta({ id: "SignInPage", description: "What a sign-in page shows." });
export type SignInPage = z.output<typeof SignInPage>;

const NewSession = z
  .discriminatedUnion("kind", [
    z.strictObject({
      kind: z.literal("pam"),
      account: z.string().min(1).max(256),
      password: z.string().max(1024),
      code: z.string().max(64).optional().describe("Of the second factor, or a recovery code."),
      answers: z.array(z.string().max(1024)).max(8).optional().describe("To what the machine asked beyond a password."),
    }),
    z.strictObject({ kind: z.literal("link"), token: z.string().max(128) }),
  ])
  .meta({ id: "NewSession", description: "What somebody shows to sign in." });

const NewSignInLink = z
  .strictObject({
    role: z.enum(Object.keys(roles) as [Role, ...Role[]]).default("admin"),
    expiresInMs: z.int().min(1_000).max(DAY_MS).default(QUARTER_MS),
  })
  .meta({ id: "NewSignInLink", description: "Whom a sign-in link lets in, and how long." });

export interface SessionRoutesNeeds {
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly links: SignInLinks;
  readonly keys: SessionKeys;
  readonly page: () => SignInPage;
}

/** `/sign-in`, `/session`, `/sessions`. */
export const sessionRoutes = ({ signIn, sessions, links, keys, page }: SessionRoutesNeeds) =>
  routes()
    .openapi(
      route({
        method: "get",
        path: "/sign-in",
        operationId: "getSignIn",
        permission: "public",
        summary: "In which ways one signs in here",
        tags,
        responses: { 200: SignInPage },
      }),
      (c) => c.json(page(), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/session",
        operationId: "signIn",
        permission: "public",
        // Told where it is decided: there it is known who they say they are, and why they are not let in.
        audit: "none",
        summary: "Sign in",
        description: "Answers with a cookie. Failures take their time, and say the same of every account.",
        tags,
        body: NewSession,
        maxBodyBytes: 16_384,
        responses: { 200: Session },
      }),
      async (c) => {
        // Somebody else's page must not sign people in as somebody else.
        checkOwnOrigin(c.req.raw.headers);
        const wish = c.req.valid("json");
        const comer = comerOf(c.req.raw, c.var.peer.address);
        const { session, cookie } =
          wish.kind === "pam" ? await signIn.byPassword(wish, comer) : await signIn.byLink(wish.token, comer);
        c.header("Set-Cookie", cookie);
        return c.json(session, 200);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/session",
        operationId: "getSession",
        permission: "authenticated",
        summary: "The browser's session, and what its pages need",
        tags,
        responses: { 200: Session },
      }),
      async (c) => c.json(await sessions.view(cookieOf(c.req.raw, c.var.actor)), 200),
    )
    .openapi(
      route({
        method: "delete",
        path: "/session",
        operationId: "signOut",
        permission: "authenticated",
        audit: "session.end",
        summary: "Sign out",
        description: "Open sockets of this session end within two seconds.",
        tags,
        responses: { 204: null },
      }),
      async (c) => {
        c.var.audit.note({ targets: [sessionOf(c.var.actor)] });
        await sessions.end(sessionOf(c.var.actor), c.var.actor);
        c.header("Set-Cookie", clearCookie);
        return c.body(null, 204);
      },
    )
    .openapi(
      route({
        method: "get",
        path: "/sessions",
        operationId: "listSessions",
        permission: "authenticated",
        summary: "Sessions, newest first",
        description: "Those of others need user.read.",
        tags,
        query: PageQuery.extend({ of: userQuery }),
        responses: { 200: pageOf(SessionEntry) },
      }),
      async (c) => {
        const { limit, cursor, of } = c.req.valid("query");
        const query = { limit, ...(cursor === undefined ? {} : { cursor }), ...(of === undefined ? {} : { of }) };
        return c.json(await sessions.list(query, c.var.actor), 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/sessions",
        operationId: "signOutEverywhere",
        permission: "authenticated",
        audit: "session.end",
        summary: "End all sessions of a person",
        description: "Those of others need user.write.",
        tags,
        query: z.object({ of: userQuery }),
        responses: { 200: z.object({ ended: z.int() }).meta({ id: "EndedSessions", description: "How many ended." }) },
      }),
      async (c) => {
        const { of } = c.req.valid("query");
        const { actor } = c.var;
        c.var.audit.note({ targets: [`user:${of ?? actor.name}`] });
        const ended = await sessions.endAll(of, actor);
        c.var.audit.note({ details: { ended } });
        c.var.log.info({ of: of ?? actor.name, ended, by: actor.name }, "signed somebody out everywhere");
        if (actor.session !== undefined && (of ?? actor.name) === actor.name) c.header("Set-Cookie", clearCookie);
        return c.json({ ended }, 200);
      },
    )
    .openapi(
      route({
        method: "delete",
        path: "/sessions/{session}",
        operationId: "endSession",
        permission: "authenticated",
        audit: "session.end",
        summary: "End one session",
        tags,
        params: z.object({ session: idOf("session") }),
        responses: { 200: SessionEntry },
      }),
      async (c) => c.json(await sessions.end(c.req.valid("param").session, c.var.actor), 200),
    )
    .openapi(
      route({
        method: "post",
        path: "/sign-in-links",
        operationId: "createSignInLink",
        permission: "identity.write",
        audit: "sign-in-link.create",
        summary: "Make a link that signs in once",
        description: "For the first time, and for servers that cannot check accounts of their machine.",
        tags,
        body: NewSignInLink,
        responses: {
          201: z
            .object({ path: z.string().describe("Below this server's address."), expiresAt: Timestamp })
            .meta({ id: "SignInLink", description: "Shown once: only its hash is kept." }),
        },
      }),
      async (c) => {
        c.var.audit.note({ details: c.req.valid("json") });
        const { path, expiresAt } = await links.make(c.req.valid("json"), c.var.actor);
        c.var.log.info({ by: c.var.actor.name, expiresAt }, "made a sign-in link");
        return c.json({ path, expiresAt }, 201);
      },
    )
    .openapi(
      route({
        method: "post",
        path: "/session-key",
        operationId: "rotateSessionKey",
        permission: "user.write",
        audit: "session-key.rotate",
        summary: "Sign cookies with a new key from now on",
        description: "With `forget` the older keys are void at once, and everybody signs in anew.",
        tags,
        body: z
          .strictObject({ forget: z.boolean().default(false) })
          .meta({ id: "NewSessionKey", description: "What becomes of the keys before it." }),
        responses: { 204: null },
      }),
      async (c) => {
        if (c.var.actor.places !== undefined) {
          throw new AtalayaError(
            "identity.forbidden",
            "Whoever is limited to places has no say over everybody's sessions.",
          );
        }
        const { forget } = c.req.valid("json");
        c.var.audit.note({ details: { forget } });
        await keys.rotate({ forget });
        c.var.log.info({ forget, by: c.var.actor.name }, "made a new session key");
        return c.body(null, 204);
      },
    );

function comerOf(request: Request, address: string): Comer {
  return { address, agent: request.headers.get("user-agent") ?? "" };
}

function sessionOf({ session }: Actor): string {
  if (session !== undefined) return session;
  throw new AtalayaError("identity.missing", "This came with a token, not with a session.", { next: "Sign in." });
}

function cookieOf(request: Request, actor: Actor): string {
  sessionOf(actor);
  return cookieNamed(SESSION_COOKIE, request.headers.get("cookie")) ?? "";
}
