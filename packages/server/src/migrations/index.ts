/** One ordered list for both engines: new steps go to the end, shipped ones never change. */
import type { Migration } from "../platform/store/migration.ts";
import { migration as store } from "./0001-store.ts";
import { migration as fleet } from "./0010-fleet.ts";
import { migration as enrolment } from "./0020-enrolment.ts";
import { migration as link } from "./0030-link.ts";
import { migration as jobs } from "./0040-jobs.ts";
import { migration as identity } from "./0050-identity.ts";
import { migration as blobs } from "./0060-blobs.ts";
import { migration as enrolmentReach } from "./0070-enrolment-reach.ts";
import { migration as storeOwner } from "./0080-store-owner.ts";
import { migration as jobsProgress } from "./0100-jobs-progress.ts";
import { migration as users } from "./0110-users.ts";
import { migration as sessions } from "./0111-sessions.ts";
import { migration as audit } from "./0120-audit.ts";
import { migration as fleetKeptApart } from "./0125-fleet-kept-apart.ts";
import { migration as discovery } from "./0130-discovery.ts";
import { migration as identityRunner } from "./0130-identity-runner.ts";
import { migration as usersSubject } from "./0135-users-subject.ts";
import { migration as jobsMakers } from "./0140-jobs-makers.ts";
import { migration as deployments } from "./0145-deployments.ts";
import { migration as terminals } from "./0150-terminals.ts";
import { migration as monitor } from "./0160-monitor.ts";
import { migration as fleetDoors } from "./0170-fleet-doors.ts";
import { migration as status } from "./0170-status.ts";
import { migration as activation } from "./0171-activation.ts";
import { migration as jobsOrigin } from "./0180-jobs-origin.ts";
import { migration as fleetVia } from "./0181-fleet-via.ts";

export const migrations: readonly Migration[] = [
  store,
  fleet,
  enrolment,
  link,
  jobs,
  identity,
  blobs,
  enrolmentReach,
  storeOwner,
  jobsProgress,
  users,
  sessions,
  audit,
  fleetKeptApart,
  discovery,
  identityRunner,
  usersSubject,
  jobsMakers,
  deployments,
  terminals,
  monitor,
  fleetDoors,
  status,
  activation,
  jobsOrigin,
  fleetVia,
];
