import type { HostKey } from "../fleet/index.ts";
import type { Connection } from "./connection.ts";

/** The links that are up at this server: one a host, one an enrolment. */
export interface Registry {
  readonly size: number;
  of(host: HostKey): Connection | undefined;
  ofEnrolment(enrolment: string): Connection | undefined;
  all(): readonly Connection[];
  add(connection: Connection): void;
  /** False when it was not there. */
  remove(connection: Connection): boolean;
}

export function createRegistry(): Registry {
  const byHost = new Map<HostKey, Connection>();
  const byEnrolment = new Map<string, Connection>();
  return {
    get size() {
      return byHost.size;
    },
    of: (host) => byHost.get(host),
    ofEnrolment: (enrolment) => byEnrolment.get(enrolment),
    all: () => [...byHost.values()],
    add(connection) {
      byHost.set(connection.host, connection);
      byEnrolment.set(connection.enrolment, connection);
    },
    remove(connection) {
      if (byEnrolment.get(connection.enrolment) === connection) byEnrolment.delete(connection.enrolment);
      return byHost.get(connection.host) === connection && byHost.delete(connection.host);
    },
  };
}
