import { existsSync } from "node:fs";
import { AtalayaError, type PackageManager } from "@atalaya/protocol";
import { APK, apk } from "./apk.ts";
import { DPKG_PROGRAMS, dpkg } from "./dpkg.ts";
import type { Ask, Manager } from "./manager.ts";
import { findNpm, npm } from "./npm.ts";
import { PACMAN, pacman } from "./pacman.ts";
import { RPM, rpm, RPM_FRONTS } from "./rpm.ts";

export interface Place {
  readonly ask: Ask;
  /** npm's. */
  readonly prefix?: string;
}

/** Undefined: this host has it not. */
const finders: Readonly<Record<PackageManager, (place: Place) => Manager | undefined>> = {
  dpkg: ({ ask }) => (DPKG_PROGRAMS.every((path) => existsSync(path)) ? dpkg({ ask }) : undefined),
  rpm({ ask }) {
    const front = RPM_FRONTS.find((path) => existsSync(path));
    return existsSync(RPM) && front !== undefined ? rpm({ front, ask }) : undefined;
  },
  apk: () => (existsSync(APK) ? apk() : undefined),
  pacman: ({ ask }) => (existsSync(PACMAN) ? pacman({ ask }) : undefined),
  npm({ ask, prefix }) {
    const program = findNpm();
    return program === undefined ? undefined : npm({ program, ask, ...(prefix === undefined ? {} : { prefix }) });
  },
};

/** Of which a system has one. */
const SYSTEM = ["dpkg", "rpm", "apk", "pacman"] as const;

/** Throws `package.manager-missing`. */
export function findManager(kind: PackageManager | undefined, place: Place): Manager {
  const kinds = kind === undefined ? SYSTEM : [kind];
  for (const one of kinds) {
    const found = finders[one](place);
    if (found !== undefined) return found;
  }
  const what = kind === undefined ? `none of ${SYSTEM.join(", ")}` : `no ${kind}`;
  throw new AtalayaError("package.manager-missing", `this host has ${what}`);
}

export function systemManager(place: Place): Manager | undefined {
  return SYSTEM.map((kind) => finders[kind](place)).find((one) => one !== undefined);
}
