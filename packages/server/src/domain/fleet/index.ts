/**
 * Words. A *host* is a machine, recognised by its hardware. A *system* is an operating system that boots on it, with
 * an enrolment of its own; one is online at a time. A *place* is a node of the tree site → lab → host. A *label* is a
 * free key=value; a *group* a saved selector. The *directory* is what is known of all hosts, in memory, by revision.
 */
export { createFleet, type FleetNeeds, type FleetRoom } from "./create-fleet.ts";
export { followSelector, type FollowedSelector } from "./following.ts";
export { isForeign } from "./doors.ts";
export { fleetMethods } from "./fleet.rpc.ts";
export { fleetRoutes } from "./fleet.routes.ts";
export { hostsTopic } from "./hosts-topic.ts";
export type {
  Foreseen,
  Attachment,
  DirectoryHost,
  DoorKind,
  Entrance,
  Fleet,
  Guest,
  HostDoor,
  HostGone,
  HostKey,
  Leave,
  LinkDown,
  LinkUp,
  Newcomer,
  Resolution,
  ResolveScope,
  SystemKey,
} from "./fleet.ts";
export { changedLabels, placeOf, printable } from "./names.ts";
