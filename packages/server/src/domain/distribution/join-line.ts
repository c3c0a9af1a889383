export interface JoinLine {
  /** To be pasted as it is, on the machine that is to join. */
  readonly line: string;
  readonly warning?: string;
}

export interface JoinLineParts {
  readonly servers: readonly string[];
  readonly token: string;
  /** Lower-case hex SHA-256 of the script that these servers serve. */
  readonly installSha256: string;
  readonly onlyLoopback: boolean;
  /** `host:port` of waypoints, for machines that cannot reach these servers themselves. */
  readonly via?: readonly string[];
}

/**
 * One line for a bare machine. The download is not trusted (nothing is, there, yet): the line itself carries the
 * script's SHA-256, so a forged server can make nothing run. The token goes by the environment, which other accounts
 * cannot see.
 */
export function joinLine({ servers, token, installSha256, onlyLoopback, via = [] }: JoinLineParts): JoinLine {
  const get = (server: string, through: string): string => {
    const url = `https://${server}/install.sh`;
    return `{ ${through}curl -fsSgk --connect-timeout 10 -o "$f" ${url} || ${through}wget -qO "$f" --no-check-certificate ${url}; }`;
  };
  // A waypoint is an HTTP proxy that leads to its own server only.
  const ways = via.length === 0 ? [""] : via.map((waypoint) => `no_proxy= NO_PROXY= https_proxy=http://${waypoint} `);
  const gets = ways.flatMap((way) => servers.map((server) => get(server, way)));
  const steps = [
    `f=$(mktemp)`,
    `trap 'rm -f "$f"' EXIT`,
    gets.length === 1 ? gets[0]! : `{ ${gets.join(" || ")}; }`,
    `echo "${installSha256}  $f" | sha256sum -c - >/dev/null`,
    `${via.length === 0 ? "" : `ATALAYA_JOIN_VIA=${via.join(",")} `}ATALAYA_JOIN_TOKEN=${token} sh "$f"`,
  ];
  const line = `(${steps.join(" && ")})`;
  if (!onlyLoopback) return { line };
  const port = servers[0]?.split(":").at(-1);
  return {
    line,
    warning: `This server listens on loopback only: the line works on this machine alone. Start the server with ATALAYA_LISTEN=0.0.0.0:${port} (or another address that other machines reach) first.`,
  };
}
