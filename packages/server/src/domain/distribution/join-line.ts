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
}

/**
 * One line for a bare machine. The download is not trusted (nothing is, there, yet): the line itself carries the
 * script's SHA-256, so a forged server can make nothing run. The token goes by the environment, which other accounts
 * cannot see.
 */
export function joinLine({ servers, token, installSha256, onlyLoopback }: JoinLineParts): JoinLine {
  const get = (server: string): string => {
    const url = `https://${server}/install.sh`;
    return `{ curl -fsSgk --connect-timeout 10 -o "$f" ${url} || wget -qO "$f" --no-check-certificate ${url}; }`;
  };
  const steps = [
    `f=$(mktemp)`,
    `trap 'rm -f "$f"' EXIT`,
    servers.length === 1 ? get(servers[0]!) : `{ ${servers.map(get).join(" || ")}; }`,
    `echo "${installSha256}  $f" | sha256sum -c - >/dev/null`,
    `ATALAYA_JOIN_TOKEN=${token} sh "$f"`,
  ];
  const line = `(${steps.join(" && ")})`;
  if (!onlyLoopback) return { line };
  const port = servers[0]?.split(":").at(-1);
  return {
    line,
    warning: `This server listens on loopback only: the line works on this machine alone. Start the server with ATALAYA_LISTEN=0.0.0.0:${port} (or another address that other machines reach) first.`,
  };
}
