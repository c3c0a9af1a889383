import type { StatusName } from "@atalaya/protocol";

/** Where one part of the status comes from. */
export interface StatusSource {
  readonly name: StatusName;
  /** Undefined: this host has none. Secrets are taken out by who asks. */
  read(): unknown;
  /** Calls back when it is worth reading again; absent: it is looked at now and then. */
  changed?(listener: () => void): Disposable;
  /** Cheap enough to be read every few seconds. */
  readonly cheap?: boolean;
}
