/** Signing in and out: the contract of `/api/v1/sign-in` and `/api/v1/session`. */
import { ClientError } from "@atalaya/client/browser";
import { csrf } from "../api/client.ts";

export type SignInMethod =
  | { readonly kind: "pam" }
  | { readonly kind: "oidc"; readonly name: string; readonly label: string; readonly start: string }
  | { readonly kind: "link" };

export interface SignInPage {
  readonly server: string;
  readonly version: string;
  readonly methods: readonly SignInMethod[];
}

export interface Session {
  readonly actor: {
    readonly name: string;
    readonly account?: string;
    readonly role?: string;
    readonly permissions: readonly string[];
    readonly places?: readonly string[];
  };
  readonly csrf: string;
  readonly expiresAt: number;
  readonly absoluteExpiresAt: number;
  readonly secondFactor: "none" | "set" | "required";
}

export type Credentials =
  | { readonly kind: "pam"; readonly account: string; readonly password: string; readonly code?: string }
  | { readonly kind: "link"; readonly token: string };

export const readSignInPage = () => ask<SignInPage>("GET", "/api/v1/sign-in");

/** Undefined when nobody is signed in. */
export async function readSession(): Promise<Session | undefined> {
  try {
    return remembered(await ask<Session>("GET", "/api/v1/session"));
  } catch (error) {
    if (error instanceof ClientError && error.status === 401) return undefined;
    throw error;
  }
}

export const signIn = async (credentials: Credentials) =>
  remembered(await ask<Session>("POST", "/api/v1/session", credentials));

export async function signOut(where: "here" | "everywhere"): Promise<void> {
  await ask("DELETE", where === "here" ? "/api/v1/session" : "/api/v1/sessions");
  csrf.set(undefined);
}

function remembered(session: Session): Session {
  csrf.set(session.csrf);
  return session;
}

async function ask<T>(method: string, path: string, body?: unknown): Promise<T> {
  const proof = csrf.get();
  const response = await fetch(path, {
    method,
    headers: {
      accept: "application/json",
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(proof === undefined || method === "GET" ? {} : { "x-atalaya-csrf": proof }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((cause: unknown) => {
    throw new ClientError({ code: "server.unreachable", detail: "The server cannot be reached at the moment.", cause });
  });
  if (!response.ok) throw await failureOf(response);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function failureOf(response: Response): Promise<ClientError> {
  const problem = (await response.json().catch(() => ({}))) as Partial<ClientError>;
  const { code = "server.internal", detail = `The server answered ${response.status}.`, ...rest } = problem;
  return new ClientError({ ...rest, code, detail, status: response.status });
}
