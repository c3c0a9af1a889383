import {
  IconAntenna,
  IconBuildingCastle,
  IconFileCode,
  IconKey,
  IconListCheck,
  IconPackageExport,
  IconPlugConnected,
  IconServer2,
  IconSettings,
  IconShieldCheck,
  IconTerminal2,
  IconUsers,
  type Icon,
} from "@tabler/icons-react";
import type { LinkProps } from "@tanstack/react-router";
import type { ViewPermission } from "../session/roles-of.ts";
import type { Words } from "../words/en.ts";

export interface Destination {
  readonly to: NonNullable<LinkProps["to"]>;
  readonly word: keyof Words["nav"];
  readonly icon: Icon;
  /** Who lacks it is not shown the way. */
  readonly permission?: ViewPermission;
  /** Second key after `g`. */
  readonly key: string;
}

/** The ways of the navigation, in groups: the fleet, work on it, who comes in, the server. */
export const destinations: readonly (readonly Destination[])[] = [
  [
    { to: "/", word: "overview", icon: IconBuildingCastle, key: "o" },
    { to: "/hosts", word: "hosts", icon: IconServer2, permission: "fleet.read", key: "h" },
  ],
  [
    { to: "/shell", word: "shell", icon: IconTerminal2, permission: "job.create", key: "s" },
    { to: "/deployments", word: "deployments", icon: IconPackageExport, permission: "deployment.read", key: "d" },
    { to: "/scripts", word: "scripts", icon: IconFileCode, permission: "deployment.read", key: "c" },
    { to: "/jobs", word: "jobs", icon: IconListCheck, permission: "job.read", key: "j" },
  ],
  [
    { to: "/discovery", word: "discovery", icon: IconAntenna, permission: "discovery.read", key: "i" },
    { to: "/enrolment", word: "enrolment", icon: IconPlugConnected, permission: "enrolment.read", key: "e" },
    { to: "/users", word: "users", icon: IconUsers, permission: "user.read", key: "u" },
    { to: "/tokens", word: "tokens", icon: IconKey, permission: "identity.read", key: "t" },
    { to: "/audit", word: "audit", icon: IconShieldCheck, permission: "audit.read", key: "a" },
    { to: "/server", word: "server", icon: IconSettings, permission: "server.read", key: "v" },
  ],
];
