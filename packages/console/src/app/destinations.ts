import { IconBuildingCastle, IconServer2, type Icon } from "@tabler/icons-react";
import type { Words } from "../words/en.ts";

export interface Destination {
  readonly to: "/" | "/hosts";
  readonly word: keyof Words["nav"];
  readonly icon: Icon;
  /** Who lacks it is not shown the way. */
  readonly permission?: string;
  /** Second key after `g`. */
  readonly key: string;
}

export const destinations: readonly (readonly Destination[])[] = [
  [
    { to: "/", word: "overview", icon: IconBuildingCastle, key: "o" },
    { to: "/hosts", word: "hosts", icon: IconServer2, permission: "fleet.read", key: "h" },
  ],
];
