import { AtalayaError } from "@atalaya/protocol";

/** What the program was called for. */
export type Order =
  | { readonly kind: "run"; readonly mode: "as-set" | "background" | "detached" }
  | { readonly kind: "status" }
  | { readonly kind: "stop" }
  | { readonly kind: "help" };

export const usage = `The Atalaya server.

  npm start                     runs it here, until Ctrl-C
  npm start -- --daemon         starts it in the background (ATALAYA_DAEMON=on)
  npm start -- status           says whether it runs in the background; status 3 when not
  npm start -- stop             stops it, and waits until it has ended
  npm start -- --help           prints this

\`atalaya server\` takes the same words. Everything else is a setting: docs/reference/settings.md
`;

/** Throws `settings.wrong` for words nobody knows. */
export function parseArguments(words: readonly string[]): Order {
  const [word, ...rest] = words;
  if (rest.length === 0) {
    switch (word) {
      case undefined:
      case "run":
        return { kind: "run", mode: "as-set" };
      case "--daemon":
        return { kind: "run", mode: "background" };
      // Not for people: how the background server is called by the one that started it.
      case "--detached":
        return { kind: "run", mode: "detached" };
      case "status":
      case "stop":
        return { kind: word };
      case "help":
      case "--help":
      case "-h":
        return { kind: "help" };
      default:
        break;
    }
  }
  throw new AtalayaError("settings.wrong", `the server does not know ${JSON.stringify(words.join(" "))}`, {
    next: "see: npm start -- --help",
  });
}
