/** Tokens of agents at rest: people choose them, or bring them along, so they are hashed as passwords are. */
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { AtalayaError } from "@atalaya/protocol";

const derive = promisify<string, Buffer, number, Buffer>(scrypt);
const BYTES = 32;
/** Each takes 16 MB and some ten milliseconds of a thread that others need, too. */
const MOST_AT_ONCE = 16;

export interface TokenHashes {
  hash(token: string): Promise<string>;
  /** Takes the same time whether there is a hash to compare with or not. Throws `server.busy`. */
  fits(token: string, hash: string | undefined): Promise<boolean>;
}

export function tokenHashes(): TokenHashes {
  const nobody = written(randomBytes(16), randomBytes(BYTES));
  let underWay = 0;
  return {
    async hash(token) {
      const salt = randomBytes(16);
      return written(salt, await derive(token, salt, BYTES));
    },
    async fits(token, hash) {
      if (underWay >= MOST_AT_ONCE) throw new AtalayaError("server.busy", "Too many tokens are checked at once.");
      underWay += 1;
      try {
        const [, salt = "", kept = ""] = (hash ?? nobody).split("$");
        const derived = await derive(token, Buffer.from(salt, "base64url"), BYTES);
        return timingSafeEqual(derived, Buffer.from(kept, "base64url")) && hash !== undefined;
      } finally {
        underWay -= 1;
      }
    },
  };
}

function written(salt: Buffer, derived: Buffer): string {
  return `scrypt$${salt.toString("base64url")}$${derived.toString("base64url")}`;
}

/** 256 bits. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}
