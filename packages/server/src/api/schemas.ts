/** Pieces that many rooms' schemas share. */
import { z } from "zod";

/** Epoch milliseconds by the server's clock. */
export const Timestamp = z.int().min(0).describe("Epoch milliseconds.");

/** A prefixed public id, as in `host_…`: unguessable, never the inner key. */
export function idOf(prefix: string) {
  return z
    .string()
    .max(64)
    .regex(new RegExp(`^${prefix}_[A-Za-z0-9_-]{8,56}$`), `is not an id that begins with ${prefix}_`);
}

/** A name that stands in addresses and commands: no spaces, no slashes, no control characters. */
export const Name = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    "may hold letters, digits, dot, dash and underscore, and begins with a letter or digit",
  );

/** A place's path, outermost first. One that no host could stand at would limit a token to nothing, without a word. */
export const PlacePath = z
  .string()
  .max(1024)
  .regex(/^[^\s/]([^/]*[^\s/])?(\/[^\s/]([^/]*[^\s/])?)*$/, "is no place such as site-a/aula-1");

/** What a person remarks, on one line or several. */
export const Note = z.string().max(1000);
