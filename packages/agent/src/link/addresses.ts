import { AtalayaError } from "@atalaya/protocol";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 8443;

/** `host`, `host:port` or `[v6]:port`. */
export function parseAddress(text: string): Address {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?$/.exec(text.trim());
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65_535) {
    throw new AtalayaError("settings.wrong", `${JSON.stringify(text)} is not a server's address: expected host:port`);
  }
  return { host, port };
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

export function showAddress({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine itself is meant. */
export function isLoopback({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
