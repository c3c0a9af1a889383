import type { Dress } from "../http/carry.ts";
import { relocated, towardsCaller, towardsHost, type HeaderPair } from "../http/headers.ts";
import type { RelayTarget } from "../road.ts";

export interface PageDressWish {
  readonly target: RelayTarget;
  /** `https://pc-01--8080.relay.example:8443`. */
  readonly origin: string;
  readonly address: string;
}

/**
 * Headers between a browser at an origin of ours and a service that believes to be at `http://localhost:8080`: many
 * answer to no other name, and compare Origin with Host.
 */
export function pageDress({ target, origin, address }: PageDressWish): Dress {
  const name = target.host ?? "localhost";
  const host = name.includes(":") ? `[${name}]` : name;
  const authority = target.port === 80 ? host : `${host}:${target.port}`;
  const inside = `http://${authority}`;
  const names = target.host === undefined ? ["localhost", "127.0.0.1", "[::1]"] : [host.toLowerCase()];
  const authorities = [
    new URL(origin).host,
    ...names.flatMap((each) => [`${each}:${target.port}`, ...(target.port === 80 ? [each] : [])]),
  ];
  return {
    request: (raw) => [
      ["Host", authority],
      ...towardsHost(raw, { theirs: true }).map(([header, value]): HeaderPair => {
        const lower = header.toLowerCase();
        if (lower === "origin") return [header, value === origin ? inside : value];
        if (lower === "referer" && value.startsWith(`${origin}/`)) return [header, inside + value.slice(origin.length)];
        return [header, value];
      }),
      ["X-Forwarded-For", address],
      ["X-Forwarded-Proto", "https"],
      ["X-Forwarded-Host", new URL(origin).host],
    ],
    response: (raw, status) => [
      ...towardsCaller(raw, status).map(([header, value]): HeaderPair => {
        const lower = header.toLowerCase();
        if (lower === "location" || lower === "content-location")
          return [header, relocated(value, { prefix: "", authorities })];
        // Its own origin, and none of the others'.
        if (lower === "set-cookie") return [header, value.replace(/; *domain=[^;]*/gi, "")];
        if (lower === "access-control-allow-origin" && value === inside) return [header, origin];
        return [header, value];
      }),
      // Besides whatever the service says: no page of another host frames this one.
      ["Content-Security-Policy", "frame-ancestors 'self'"],
    ],
  };
}
