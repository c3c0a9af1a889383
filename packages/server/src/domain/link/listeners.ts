import type { OutputFrame, ResumeEntry, SpoolEntry } from "@atalaya/protocol";
import type { Log } from "../../platform/log/index.ts";
import type { Link, LinkListener, RunFrame, SideFrame } from "./links.ts";

/** Those who hear of links, as one. What one of them throws hurts neither the link nor the others. */
export interface Listeners extends Omit<Required<LinkListener>, "resume"> {
  attach(listener: LinkListener): Disposable;
  /** Rejects when one of them does: then there can be no link yet. */
  resume(link: Link, spool: readonly SpoolEntry[]): Promise<ResumeEntry[]>;
}

export function createListeners(log: Log): Listeners {
  let all: readonly LinkListener[] = [];
  /** Those who heed what comes by the thousand. */
  let framed: readonly LinkListener[] = [];
  let printed: readonly LinkListener[] = [];

  function attached(listeners: readonly LinkListener[]): void {
    all = listeners;
    framed = all.filter(({ frame }) => frame !== undefined);
    printed = all.filter(({ output }) => output !== undefined);
  }

  function each(listeners: readonly LinkListener[], tell: (listener: LinkListener) => void): void {
    for (const listener of listeners) {
      try {
        tell(listener);
      } catch (err) {
        log.error({ err }, "a listener of links failed");
      }
    }
  }

  return {
    attach(listener) {
      attached([...all, listener]);
      return { [Symbol.dispose]: () => attached(all.filter((each) => each !== listener)) };
    },
    resume: async (link, spool) => (await Promise.all(all.flatMap((one) => one.resume?.(link, spool) ?? []))).flat(),
    up: (link) => each(all, (listener) => listener.up(link)),
    frame: (link: Link, frame: RunFrame) => each(framed, (listener) => listener.frame?.(link, frame)),
    aside: (link: Link, frame: SideFrame) => each(all, (listener) => listener.aside?.(link, frame)),
    output: (link: Link, frame: OutputFrame) => each(printed, (listener) => listener.output?.(link, frame)),
    down: (link, reason) => each(all, (listener) => listener.down(link, reason)),
  };
}
