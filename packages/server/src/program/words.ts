import type { SignInHint } from "./banner.ts";

/** What a server in the background tells the one that started it, once: that it is ready, or why it never will be. */
export type Word =
  | { readonly kind: "ready"; readonly url: string; readonly signIn: SignInHint; readonly notes: readonly string[] }
  | { readonly kind: "failed"; readonly text: string; readonly exit: number };

/** Resolves when it is on its way; at once when nobody listens. */
export async function tell(word: Word): Promise<void> {
  const send = process.send?.bind(process);
  if (send === undefined || !process.connected) return;
  await new Promise<void>((resolve) => void send(word, undefined, {}, () => resolve()));
  if (process.connected) process.disconnect?.();
}

/** Nobody but our own child can write to that channel; this is for a child that is no server of ours. */
export function isWord(message: unknown): message is Word {
  return typeof message === "object" && message !== null && "kind" in message;
}
