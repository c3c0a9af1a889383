import { Worker } from "node:worker_threads";
import { AtalayaError, type FailureCode } from "@atalaya/protocol";
import type { Identity } from "./certificates.ts";
import type { ClientRequest, CsrIdentity, IssuedCertificate } from "./pki.ts";

/** What the signing thread is asked. */
export type Ask =
  | { readonly kind: "found"; readonly now: number }
  | { readonly kind: "load"; readonly identity: Identity }
  | { readonly kind: "server"; readonly names: readonly string[]; readonly now: number }
  | { readonly kind: "ticket-signer"; readonly cn: string; readonly now: number }
  | { readonly kind: "read-csr"; readonly csrPem: string }
  | ({ readonly kind: "client"; readonly now: number } & ClientRequest);

export interface Answers {
  readonly found: Identity;
  readonly load: null;
  readonly server: Identity;
  readonly "ticket-signer": Identity;
  readonly "read-csr": CsrIdentity;
  readonly client: IssuedCertificate;
}

export interface Question {
  readonly id: number;
  readonly ask: Ask;
}

export type Reply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly failure: { readonly code: FailureCode | undefined; readonly message: string } };

/** The thread that signs, as a function. */
export interface Signer extends AsyncDisposable {
  ask<Kind extends Ask["kind"]>(ask: Extract<Ask, { kind: Kind }>): Promise<Answers[Kind]>;
}

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

// Beyond this many a caller gives up anyway: 2,000 are about two seconds of signing.
const MAX_WAITING = 2_000;

// Published builds hold compiled files, so the thread's file has the same ending as this one.
const THREAD = new URL(import.meta.url.endsWith(".ts") ? "./signer.worker.ts" : "./signer.worker.js", import.meta.url);

/** Starts the thread. One that died is replaced at the next question, and given the authority again. */
export function startSigner(file: URL = THREAD): Signer {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let authority: Extract<Ask, { kind: "load" }> | undefined;
  let thread: Worker | undefined;
  let disposed = false;

  const lost = (worker: Worker, error: AtalayaError): void => {
    if (thread !== worker) return;
    thread = undefined;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    const worker = new Worker(file, {
      name: "pki-signer",
      execArgv: [],
      // Young objects of a signature are soon dead: with the room that the links need it would keep 20 MB for nothing.
      resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 3 },
    });
    worker.on("error", (cause) =>
      lost(worker, new AtalayaError("server.internal", "the signing thread failed", { cause })),
    );
    worker.on("exit", () => lost(worker, new AtalayaError("server.draining", "the signing thread has stopped")));
    worker.on("message", (reply: Reply) => {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (waiting.size === 0) worker.unref();
      if (asked === undefined) return;
      if ("value" in reply) asked.resolve(reply.value as never);
      else asked.reject(failureOf(reply.failure));
    });
    // Answered before whatever is asked next: the thread takes its messages in order.
    if (authority !== undefined) worker.postMessage({ id: (lastId += 1), ask: authority } satisfies Question);
    return worker;
  };

  return {
    ask(ask: Ask) {
      if (disposed) return Promise.reject(new AtalayaError("server.draining", "the signing thread has stopped"));
      if (waiting.size >= MAX_WAITING) {
        return Promise.reject(new AtalayaError("server.busy", "too many certificates are being signed at once"));
      }
      const worker = (thread ??= start());
      if (ask.kind === "load") authority = ask;
      const id = (lastId += 1);
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ id, ask } satisfies Question);
      });
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      await thread?.terminate();
    },
  };
}

function failureOf(failure: { readonly code: FailureCode | undefined; readonly message: string }): AtalayaError {
  return new AtalayaError(failure.code ?? "server.internal", failure.message);
}
