import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Address } from "./addresses.ts";
import { showAddress } from "./addresses.ts";

/** The last TLS session ticket, in memory and on disk (0600): a resumed handshake costs both ends a fraction. */
export interface SessionTickets {
  of(address: Address, certificate: string): Buffer | undefined;
  keep(address: Address, certificate: string, session: Buffer): void;
  drop(): void;
}

export function sessionTickets(data: string): SessionTickets {
  const path = join(data, "tls-session");
  let last: { readonly subject: string; readonly session: Buffer } | undefined;
  let loaded = false;
  let writing: Promise<void> = Promise.resolve();
  let dirty = false;

  function load(): void {
    if (loaded) return;
    loaded = true;
    try {
      const [subject, session] = readFileSync(path, "utf8").split("\n");
      if (subject !== undefined && session !== undefined && session !== "")
        last = { subject, session: Buffer.from(session, "base64") };
    } catch {
      // No ticket: a full handshake.
    }
  }
  // A server sends several tickets at once; the last one is written once.
  function save(): void {
    if (dirty) return;
    dirty = true;
    writing = writing.then(async () => {
      dirty = false;
      const text = last === undefined ? "" : `${last.subject}\n${last.session.toString("base64")}\n`;
      await writeFile(`${path}.new`, text, { mode: 0o600 });
      await rename(`${path}.new`, path);
    });
    // Losing a ticket costs one handshake.
    writing = writing.catch(() => undefined);
  }
  return {
    of(address, certificate) {
      load();
      return last?.subject === subjectOf(address, certificate) ? last.session : undefined;
    },
    keep(address, certificate, session) {
      loaded = true;
      last = { subject: subjectOf(address, certificate), session };
      save();
    },
    drop() {
      loaded = true;
      last = undefined;
      save();
    },
  };
}

// A session proves the certificate it began with: after a renewal it must not be used.
function subjectOf(address: Address, certificate: string): string {
  return `${showAddress(address)} ${createHash("sha256").update(certificate).digest("hex")}`;
}
