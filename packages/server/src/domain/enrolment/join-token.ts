/** Rules of join tokens: how they are made, read and refused. */
import { createHash, randomBytes } from "node:crypto";
import { AtalayaError, splitJoinToken, type FailureCode } from "@atalaya/protocol";

/** 192 random bits: nobody guesses one, so a plain hash protects it at rest. */
export function newJoinSecret(): string {
  return `atj_${randomBytes(24).toString("base64url")}`;
}

export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/**
 * The hash of a token as an agent sends it, with or without the pin. A pin of another CA means that the token is
 * somebody else's: said before anything is looked up.
 */
export function hashOfGiven(given: string, caPin: string): string {
  const split = splitJoinToken(given);
  if (split !== undefined && split.pin !== caPin) {
    throw new AtalayaError("enrolment.ca-mismatch", "the join token belongs to a server with another CA");
  }
  return hashOf(split?.token ?? given);
}

export type JoinTokenState = "usable" | "exhausted" | "expired" | "revoked";

export interface JoinTokenStanding {
  readonly uses: number;
  readonly taken: number;
  readonly expires_at: number;
  readonly revoked_at: number | null;
}

export function stateOf(token: JoinTokenStanding, now: number): JoinTokenState {
  if (token.revoked_at !== null) return "revoked";
  if (token.expires_at <= now) return "expired";
  return token.taken >= token.uses ? "exhausted" : "usable";
}

/** Why a token lets nobody in. */
export function refusalOf(token: JoinTokenStanding | undefined, now: number): EntryRefusal {
  if (token === undefined) return "enrolment.token-unknown";
  const state = stateOf(token, now);
  return state === "usable" ? "enrolment.token-unknown" : `enrolment.token-${state}`;
}

export const refusalSentences = {
  "enrolment.token-needed": "this server takes new machines with a join token only",
  "enrolment.token-unknown": "there is no such join token",
  "enrolment.token-expired": "the join token has expired",
  "enrolment.token-exhausted": "the join token has been used as often as it may",
  "enrolment.token-revoked": "the join token was revoked",
  "enrolment.rejected": "this machine was rejected",
  "enrolment.queue-full": "too many machines wait to be accepted",
  "certificate.revoked": "this machine's enrolment was revoked",
  "certificate.superseded": "this machine has renewed its key since",
} as const satisfies Partial<Record<FailureCode, string>>;
/** For `enrolment.queue-full` when others still find room. */
export const shareSentence =
  "too many machines of this network wait to be accepted: accept or reject some, or use a join token";
export type EntryRefusal = keyof typeof refusalSentences;
