/** Writes start frames: one signature for a batch of tickets, and one text of all that the runs of a job share. */
import { hash } from "node:crypto";
import { ticketTree } from "@atalaya/protocol";
import type { Link } from "../link/index.ts";
import type { ActiveJob, ActiveRun } from "./book.ts";
import type { Secrets } from "./seal.ts";

/**
 * Tickets that share one signature. A larger batch saves signatures (30 µs each) but lengthens every path by 44
 * characters a doubling: at 256 the signature costs 0.1 µs a run, at 4096 the paths cost three times that.
 */
export const BATCH = 256;
/** How long a ticket may lie on the wire; it is made anew whenever the run is sent again. */
const TICKET_MS = 5 * 60_000;

export interface Dispatch {
  readonly run: ActiveRun;
  readonly link: Link;
  readonly secrets: Secrets | undefined;
}

export type SignTickets = (root: Uint8Array) => Uint8Array;

const sha256 = (data: Uint8Array | string): string => hash("sha256", data, "latin1");

/** Queues the start frames of a batch; returns those whose link was gone. */
export function dispatch(batch: readonly Dispatch[], sign: SignTickets, now: number): readonly Dispatch[] {
  if (batch.length === 0) return [];
  const expiresAt = now + TICKET_MS;
  const shared = new Map<ActiveJob, Shared>();
  const of = (job: ActiveJob): Shared => {
    let known = shared.get(job);
    if (known === undefined) shared.set(job, (known = sharedBy(job, expiresAt)));
    return known;
  };
  const enrolments = batch.map(({ link }) => quotedTwice(link.enrolment));
  const claims = batch.map(({ run }, index) => {
    const { before, between, after } = of(run.job).claims;
    return before + run.id + between + enrolments[index]!.once + after;
  });
  const tree = ticketTree(claims, sha256);
  const end = `,"signature":"${base64(sign(tree.root))}"}`;

  return batch.filter(({ run, link, secrets }, index) => {
    const { frame, quoted } = of(run.job);
    const ticket =
      `${quoted.before}${run.id}${quoted.between}${enrolments[index]!.twice}${quoted.after}` +
      `,"index":${index},"size":${batch.length},"path":${base64List(tree.pathOf(index))}${end}`;
    const start = `{"type":"start","run":"${run.id}","handle":${run.handle},"epoch":${link.epoch}${frame}${ticket}`;
    return !link.write(secrets === undefined ? `${start}}` : `${start},"secrets":${JSON.stringify(secrets)}}`);
  });
}

/** Claims before the run's id, between it and the enrolment, and after that. */
interface Claims {
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** What the start frames of a job have in common: to write each as JSON by itself took longer than to sign and to hash. */
interface Shared {
  readonly claims: Claims;
  /** The claims as the frame holds them: a text within JSON. */
  readonly quoted: Claims;
  /** Between the link's epoch and the ticket's claims. */
  readonly frame: string;
}

function sharedBy(job: ActiveJob, expiresAt: number): Shared {
  const capability = JSON.stringify(job.capability);
  const claims: Claims = {
    before: `{"user":${JSON.stringify(job.createdBy)},"run":"`,
    between: `","enrolment":`,
    after: `,"capability":${capability},"digest":"${job.digest}","createdAt":${job.createdAt},"expiresAt":${expiresAt}}`,
  };
  return {
    claims,
    quoted: {
      before: `"${withinText(claims.before)}`,
      between: withinText(claims.between),
      after: `${withinText(claims.after)}"`,
    },
    frame: `,"capability":${capability},"request":${JSON.stringify(job.request)},"ticket":{"claims":`,
  };
}

/** As it stands between the quotes of a JSON text. */
function withinText(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A text as JSON, and as JSON that stands within a text of JSON. An enrolment's id has nothing that needs an escape. */
function quotedTwice(text: string): { readonly once: string; readonly twice: string } {
  if (/^[\w-]*$/.test(text)) return { once: `"${text}"`, twice: `\\"${text}\\"` };
  const once = JSON.stringify(text);
  return { once, twice: withinText(once) };
}

/** As JSON: base64 needs no escape. */
function base64List(texts: readonly string[]): string {
  return texts.length === 0 ? "[]" : `["${texts.join('","')}"]`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
