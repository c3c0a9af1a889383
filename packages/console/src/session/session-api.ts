import { ClientError } from "@atalaya/client/browser";
import { client, csrf, type Schemas } from "../api/client.ts";
import { cell } from "../api/source.ts";

export type SignInPage = Schemas["SignInPage"];
export type Session = Schemas["Session"];
export type Credentials = Schemas["NewSession"];

export const readSignInPage = (): Promise<SignInPage> => client.get("/api/v1/sign-in");

/** Whether somebody was signed in on this page, and is no more without having asked for it. */
export const hasEnded = cell(false);

/** Null when nobody is signed in. */
export async function readSession(): Promise<Session | null> {
  try {
    return remembered(await client.get("/api/v1/session"));
  } catch (error) {
    if (!(error instanceof ClientError) || error.status !== 401) throw error;
    if (csrf.get() !== undefined) hasEnded.set(true);
    csrf.set(undefined);
    return null;
  }
}

export const signIn = async (body: Credentials): Promise<Session> =>
  remembered(await client.post("/api/v1/session", { body }));

export async function signOut(where: "here" | "everywhere"): Promise<void> {
  if (where === "here") await client.delete("/api/v1/session");
  else await client.delete("/api/v1/sessions");
  csrf.set(undefined);
}

/** Every change from now on proves with it that our own page asks. */
function remembered(session: Session): Session {
  csrf.set(session.csrf);
  hasEnded.set(false);
  return session;
}
