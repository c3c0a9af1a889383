/** `/proxy/:id@:port/*`, read from the target as it came over the wire. Pure. */
import { AtalayaError } from "@atalaya/protocol";
import { checkedPath } from "../../domain/relay/index.ts";

export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  /** `/proxy/pc-01@8080`, as the caller wrote it. */
  readonly prefix: string;
  /** What the host is asked, with its query. */
  readonly path: string;
}

const FORM = /^(\/proxy\/([A-Za-z0-9._-]{1,253})@(\d{1,5}))(\/[^]*|\?[^]*|)$/;

/** Whether a target is this gateway's to answer. */
export function isProxied(raw: string): boolean {
  return /^\/proxy(\/|$|\?)/.test(raw);
}

/** Throws `relay.target-malformed`: also for a path that leads elsewhere. */
export function proxyTarget(raw: string): ProxyTarget {
  const match = FORM.exec(raw);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535)
    throw new AtalayaError("relay.target-malformed", "A relayed address is /proxy/HOST@PORT/PATH.");
  const [, prefix, host, , rest] = match;
  return { host: host!, port, prefix: prefix!, path: checkedPath(rest!.startsWith("/") ? rest! : `/${rest}`) };
}
