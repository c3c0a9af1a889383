/** Looks after each connection from time to time: hellos in time, heartbeats, silence, the certificate's end. */
import type { Clock } from "../../platform/clock.ts";
import type { Connection, EndReason } from "./connection.ts";
import { SILENT_INTERVALS, type LinkSettings } from "./settings.ts";
import { createWheel, type Wheel } from "./wheel.ts";

export interface CareNeeds {
  readonly clock: Clock;
  readonly settings: LinkSettings;
  readonly random: () => number;
  readonly refuse: (connection: Connection, code: Extract<EndReason, `${string}.${string}`>, message: string) => void;
}

export function createCare({ clock, settings, random, refuse }: CareNeeds): Wheel<Connection> {
  const { heartbeatMs } = settings;
  const silentMs = SILENT_INTERVALS * heartbeatMs;

  /** Says when to look again; undefined: it is gone. */
  function attend(connection: Connection, now: number, lateMs: number): number | undefined {
    switch (connection.stage) {
      case "ended":
        return undefined;
      case "stranger":
        if (now < connection.helloBy) return connection.helloBy;
        refuse(connection, "link.hello-late", "no hello came in time");
        return undefined;
      case "admitting":
        return now + heartbeatMs;
      case "up":
        return attendLink(connection, now, lateMs);
    }
  }

  function attendLink(connection: Connection, now: number, lateMs: number): number | undefined {
    if (now >= connection.notAfter) {
      refuse(connection, "certificate.expired", "the link's certificate has ended");
      return undefined;
    }
    // While our event loop, or the whole machine, stood still, nobody could be heard.
    connection.heardAt = connection.paused ? now : Math.min(now, connection.heardAt + lateMs);
    if (now - connection.heardAt >= silentMs) {
      connection.end("link.silent", "cut");
      return undefined;
    }
    if (now >= connection.pingAt) {
      connection.socket.ping();
      // Ten thousand links that came up together shall not be pinged together for ever.
      connection.pingAt = now + heartbeatMs * (0.9 + random() * 0.2);
    }
    return Math.min(connection.pingAt, connection.notAfter, connection.heardAt + silentMs);
  }

  return createWheel({ clock, tickMs: Math.min(250, Math.max(5, heartbeatMs / 50)), attend });
}
