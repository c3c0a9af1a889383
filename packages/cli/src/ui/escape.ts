/** `~.` at the beginning of a line leaves a terminal, as with ssh: a host that hangs hears no Ctrl-C. Pure. */
export interface Escapes {
  /** What is to be sent of these keys; `leave`: the rest of them asks to leave. */
  read(keys: Uint8Array): { readonly send: Uint8Array; readonly leave: boolean };
}

const TILDE = 0x7e;
const DOT = 0x2e;
const RETURNS: ReadonlySet<number> = new Set([0x0d, 0x0a]);

/** `~~` sends one tilde, and a tilde before anything else is sent with it. */
export function escapes(): Escapes {
  let atLineStart = true;
  let held = false;
  return {
    read(keys) {
      const send: number[] = [];
      for (const key of keys) {
        if (held) {
          held = false;
          if (key === DOT) return { send: Uint8Array.from(send), leave: true };
          send.push(TILDE);
          atLineStart = false;
          if (key === TILDE) continue;
        } else if (key === TILDE && atLineStart) {
          held = true;
          continue;
        }
        send.push(key);
        atLineStart = RETURNS.has(key);
      }
      return { send: Uint8Array.from(send), leave: false };
    },
  };
}
