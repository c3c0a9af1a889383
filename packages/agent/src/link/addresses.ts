import { AtalayaError, WAYPOINT_TARGET } from "@atalaya/protocol";

export interface Address {
  readonly host: string;
  readonly port: number;
  /** There is a waypoint, which leads on to the server. */
  readonly via?: true;
}

const DEFAULT_PORT = 8443;
const VIA = "via:";

/** `host`, `host:port` or `[v6]:port`; a waypoint's has `via:` before it, and its port is always told. */
export function parseAddress(text: string): Address {
  const trimmed = text.trim();
  const isVia = trimmed.startsWith(VIA) && trimmed.slice(VIA.length).includes(":");
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/.exec(
    isVia ? trimmed.slice(VIA.length) : trimmed,
  );
  const port = match?.[3] === undefined ? (isVia ? 0 : DEFAULT_PORT) : Number(match[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65_535) {
    throw new AtalayaError(
      "settings.wrong",
      `${JSON.stringify(text)} is not a server's address: expected host:port, or via:host:port`,
    );
  }
  return { host, port, ...(isVia ? { via: true } : {}) };
}

/** A list with commas. Every wrong address is named in one error. */
export function parseAddresses(text: string): readonly Address[] {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  const wrong: string[] = [];
  const addresses = parts.flatMap((part) => {
    try {
      return [parseAddress(part)];
    } catch {
      wrong.push(part.trim());
      return [];
    }
  });
  if (wrong.length > 0)
    throw new AtalayaError("settings.wrong", `not an address (expected host:port): ${wrong.join(", ")}`);
  return addresses;
}

export function showAddress({ host, port, via }: Address): string {
  return (via === true ? VIA : "") + (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);
}

/** What requests name as their host: behind a waypoint, no name of the server's is known. */
export function authorityOf(address: Address): string {
  return address.via === true ? WAYPOINT_TARGET : showAddress(address);
}

/** Whether only this machine itself is meant. */
export function isLoopback({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
