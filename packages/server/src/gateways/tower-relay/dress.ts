import {
  relocated,
  towardsCaller,
  towardsHost,
  type Dress,
  type HeaderPair,
  type RelayTarget,
} from "../../domain/relay/index.ts";

export interface DressWish {
  readonly target: RelayTarget;
  /** As the caller wrote it: `/proxy/pc-01@8080`; redirects lead there. */
  readonly prefix: string;
  /** Where the caller is. */
  readonly address: string;
  /** The Host that the caller asked. */
  readonly asked: string | undefined;
  /** How it came: over TLS, or plainly as callers of the original do. */
  readonly scheme: "http" | "https";
  /** Its Authorization is for the host: to us it proved itself otherwise. */
  readonly theirs: boolean;
}

/** Headers of what programs relay: the host sees a caller of its own, and is told who forwards. */
export function programDress({ target, prefix, address, asked, scheme, theirs }: DressWish): Dress {
  const name = target.host ?? "localhost";
  const authority = `${name.includes(":") ? `[${name}]` : name}:${target.port}`;
  const base = { prefix, authorities: authoritiesOf(target, authority) };
  return {
    request: (raw) => [
      ["Host", authority],
      ...towardsHost(raw, { theirs }),
      ["X-Forwarded-For", address],
      ["X-Forwarded-Proto", scheme],
      ...(asked === undefined ? [] : [["X-Forwarded-Host", asked] as const]),
    ],
    response: (raw, status) => [
      ...towardsCaller(raw, status).map(([name, value]): HeaderPair => [
        name,
        /^(content-)?location$/i.test(name) ? relocated(value, base) : value,
      ]),
      // Nobody's page: were a browser ever to show it, it would stand on the console's origin.
      ["Content-Security-Policy", "sandbox"],
      ["X-Content-Type-Options", "nosniff"],
    ],
  };
}

/** What the host may call itself in a redirect. */
function authoritiesOf({ host, port }: RelayTarget, authority: string): readonly string[] {
  const names = host === undefined ? ["localhost", "127.0.0.1", "[::1]"] : [];
  return [authority.toLowerCase(), ...names.flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])])];
}
