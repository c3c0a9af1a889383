/** The second factor's arithmetic: codes by time (RFC 6238) and codes on paper. Only decides; randomness comes in. */
import { createHmac, hkdfSync } from "node:crypto";
import { Secret, TOTP } from "otpauth";

const PERIOD_S = 30;
/** Clocks of phones and servers differ: one period before and after is taken too. */
const WINDOW = 1;
const RECOVERY_CODES = 10;
/** Without letters and digits that look alike on paper; 32 of them. */
const ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789";
const RECOVERY_LETTERS = 12;

export interface Factor {
  /** Base32. */
  readonly secret: string;
  /** `otpauth://…`, for a QR code. */
  readonly uri: string;
}

export function factorOf(
  secret: string,
  { issuer, label }: { readonly issuer: string; readonly label: string },
): Factor {
  return { secret, uri: totpOf(secret, issuer, label).toString() };
}

/** 160 bits, as RFC 4226 recommends. */
export function secretOf(random: Uint8Array<ArrayBuffer>): string {
  return new Secret({ buffer: random.buffer.slice(random.byteOffset, random.byteOffset + random.length) }).base32;
}

/** The time step that this code is for; undefined when it is for none about now. */
export function stepOf(code: string, secret: string, now: number): number | undefined {
  const token = code.replace(/\s/g, "");
  if (!/^\d{6}$/.test(token)) return undefined;
  const delta = totpOf(secret, "", "").validate({ token, timestamp: now, window: WINDOW });
  return delta === null ? undefined : Math.floor(now / 1000 / PERIOD_S) + delta;
}

/** Ten codes of 60 bits, as `abcd-efgh-jkmn`. */
export function recoveryCodes(random: (bytes: number) => Uint8Array): readonly string[] {
  return Array.from({ length: RECOVERY_CODES }, () =>
    [...random(RECOVERY_LETTERS)]
      .map((byte) => ALPHABET[byte % ALPHABET.length])
      .join("")
      .replace(/(.{4})(?=.)/g, "$1-"),
  );
}

/** What is kept of a recovery code; undefined when this text is none. The key keeps guessing from the database alone out. */
export function recoveryHash(code: string, user: string, key: Uint8Array): string | undefined {
  const letters = code.toLowerCase().replace(/[\s-]/g, "");
  if (!/^[a-z2-9]{12}$/.test(letters)) return undefined;
  return createHmac("sha256", key).update(`${user}\n${letters}`).digest("hex");
}

/** A key of its own for what the second factors need, from that of the installation. */
export function factorKey(installation: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", installation, "", "atalaya users second factor", 32));
}

function totpOf(secret: string, issuer: string, label: string): TOTP {
  return new TOTP({ issuer, label, secret: Secret.fromBase32(secret), algorithm: "SHA1", digits: 6, period: PERIOD_S });
}
