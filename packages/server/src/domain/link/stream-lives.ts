/** The streams that are open: how many, whose, and when they must end. */
import { AtalayaError } from "@atalaya/protocol";
import type { Clock } from "../../platform/clock.ts";
import type { HostKey } from "../fleet/index.ts";
import type { OpenedStream } from "./byte-stream.ts";
import { SILENT_INTERVALS } from "./settings.ts";
import type { StreamSettings } from "./stream-settings.ts";

export interface StreamLife {
  readonly stream: OpenedStream;
  readonly host: HostKey;
  readonly enrolment: string;
  readonly user: string;
  readonly kind: string;
}

export interface StreamLives extends Disposable {
  readonly size: number;
  add(life: StreamLife): void;
  ofHost(host: HostKey): number;
  ofUser(user: string): number;
  kinds(): ReadonlyMap<string, number>;
  /** The host's link is up, as this enrolment: streams of another of its systems have lost their agent. */
  linkUp(host: HostKey, enrolment: string): void;
  /** Ends its streams: at once when the server ended it for good, otherwise when it does not come back in time. */
  linkDown(host: HostKey, enrolment: string, reason: string): void;
  endOf(enrolment: string, reason: AtalayaError): void;
  endAll(reason: AtalayaError): void;
}

/** Ends of a link after which the same agent comes back, perhaps with a newer certificate. */
const PASSING: ReadonlySet<string> = new Set([
  "closed",
  "link.silent",
  "link.replaced",
  "link.overloaded",
  "certificate.superseded",
]);

interface Living extends StreamLife {
  heardAt: number;
}

export function createStreamLives({
  clock,
  settings,
}: {
  readonly clock: Clock;
  readonly settings: Pick<StreamSettings, "heartbeatMs" | "linklessMs" | "probeMs">;
}): StreamLives {
  const all = new Set<Living>();
  const byHost = new Map<HostKey, number>();
  const byUser = new Map<string, number>();
  const linkless = new Map<string, Disposable>();
  let beat: Disposable | undefined;

  function add(life: StreamLife): void {
    const living: Living = { ...life, heardAt: clock.now() };
    const { socket, bytes } = life.stream;
    all.add(living);
    count(byHost, life.host, 1);
    count(byUser, life.user, 1);
    const heard = (): void => void (living.heardAt = clock.now());
    socket.on("message", heard).on("pong", heard);
    bytes.once("close", () => {
      all.delete(living);
      count(byHost, life.host, -1);
      count(byUser, life.user, -1);
    });
    beat ??= clock.after(settings.heartbeatMs, attend);
  }

  /** One timer for all: there are hundreds, and a ping costs little. */
  function attend(): void {
    beat = all.size === 0 ? undefined : clock.after(settings.heartbeatMs, attend);
    const now = clock.now();
    for (const living of all) {
      const { stream } = living;
      // While we do not read, nothing can be heard.
      if (stream.paused) living.heardAt = now;
      if (now - living.heardAt >= SILENT_INTERVALS * settings.heartbeatMs) cut(living);
      else stream.socket.ping();
    }
  }

  /** Its link fell silent. Its streams may only be as quiet as people are: whoever answers a ping lives. */
  function probe(enrolment: string): void {
    const asked = clock.now();
    const mine = [...all].filter((living) => living.enrolment === enrolment && !living.stream.paused);
    for (const { stream } of mine) stream.socket.ping();
    clock.after(settings.probeMs, () => {
      for (const living of mine)
        // While we do not read, nothing can be heard.
        if (all.has(living) && living.heardAt <= asked && !living.stream.paused) cut(living);
    });
  }

  function cut({ stream }: Living): void {
    stream.bytes.destroy(new AtalayaError("link.silent", "Nothing was heard of the host for too long."));
    // Nobody is there to answer our close.
    stream.socket.terminate();
  }

  function end(whose: (living: Living) => boolean, reason: AtalayaError): void {
    for (const living of all) if (whose(living)) living.stream.bytes.destroy(reason);
  }

  function forgive(enrolment: string): void {
    linkless.get(enrolment)?.[Symbol.dispose]();
    linkless.delete(enrolment);
  }

  const gone = new AtalayaError("host.offline", "The host's link is gone.");
  return {
    get size() {
      return all.size;
    },
    add,
    ofHost: (host) => byHost.get(host) ?? 0,
    ofUser: (user) => byUser.get(user) ?? 0,
    kinds() {
      const kinds = new Map<string, number>();
      for (const { kind } of all) count(kinds, kind, 1);
      return kinds;
    },
    linkUp(host, enrolment) {
      forgive(enrolment);
      if (byHost.has(host)) end((living) => living.host === host && living.enrolment !== enrolment, gone);
    },
    linkDown(host, enrolment, reason) {
      if (!byHost.has(host)) return;
      const whose = (living: Living): boolean => living.enrolment === enrolment;
      if (!PASSING.has(reason)) return end(whose, gone);
      if (reason === "link.silent") probe(enrolment);
      forgive(enrolment);
      linkless.set(
        enrolment,
        clock.after(settings.linklessMs, () => {
          linkless.delete(enrolment);
          end(whose, gone);
        }),
      );
    },
    endOf: (enrolment, reason) => end((living) => living.enrolment === enrolment, reason),
    endAll: (reason) => end(() => true, reason),
    [Symbol.dispose]() {
      beat?.[Symbol.dispose]();
      for (const timer of linkless.values()) timer[Symbol.dispose]();
    },
  };
}

function count<Key>(counts: Map<Key, number>, key: Key, by: number): void {
  const now = (counts.get(key) ?? 0) + by;
  if (now === 0) counts.delete(key);
  else counts.set(key, now);
}
