/** A terminal on a host: a stream of kind `terminal`. Its bytes are those of a pseudo-terminal, both ways. */
import { z } from "zod";
import { AccountName } from "./command.ts";

export const TERMINAL = "terminal";

/** Cells; larger ones are nobody's screen. */
const Cells = z.int().min(1).max(1_000);
export const TerminalSize = z.strictObject({ columns: Cells, rows: Cells });
export type TerminalSize = z.output<typeof TerminalSize>;

export const TerminalRequest = z.strictObject({
  ...TerminalSize.shape,
  /** Absent: the account the agent runs as. */
  account: AccountName.optional(),
  /** The account is a person's own, by the server's rules: the host's policy for people holds. */
  mapped: z.boolean().optional(),
  /** The kind of terminal at the person's end, as `TERM` says it. */
  term: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/, "is not a kind of terminal")
    .default("xterm-256color"),
  /** The language of the person, as `LANG` says it; absent: the host's. */
  lang: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/, "is not a locale")
    .optional(),
  /** Ends it when no key was pressed for so long. The host's policy may want less. */
  idleMs: z.int().min(1_000).optional(),
});
export type TerminalRequest = z.output<typeof TerminalRequest>;

/** What the server says beside the bytes: the window has another size now. */
export const TerminalSaid = z.strictObject({ type: z.literal("resize"), ...TerminalSize.shape });

/** What the host says beside the bytes, once, before the first of them. */
export const TerminalOpened = z.object({ type: z.literal("opened"), account: z.string().max(256) });

/** The host's last word. */
export const TerminalEnd = z.object({
  /** As POSIX shells report it: 128 + n when signal n ended the shell. */
  exitCode: z.int().min(0).max(255),
});
export type TerminalEnd = z.output<typeof TerminalEnd>;
