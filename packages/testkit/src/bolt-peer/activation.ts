/** What an original does to get its credentials, as it was seen on the wire: doubled slashes, Basic, a form with one part. */
import { request as plainRequest } from "node:http";
import { request } from "node:https";
import { boltCsr } from "./identities.ts";
import type { BoltIdentity } from "./peer.ts";

export interface Tracker {
  readonly host: string;
  readonly port: number;
  /** Plain HTTP, as the original's tracker listened. */
  readonly plain?: boolean;
}

export interface Activated extends BoltIdentity {
  readonly id: string;
  /** PEM. */
  readonly ca: string;
  readonly bolt: Readonly<Record<string, unknown>>;
}

interface Encoded {
  readonly encoding: string;
  readonly data: string;
}

/** Rejects with the status and body of the first answer that is not 200. */
export async function activate(
  tracker: Tracker,
  { skey, token, raw = false }: { readonly skey: string; readonly token: string; readonly raw?: boolean },
): Promise<Activated> {
  const authorization = `Basic ${Buffer.from(`${skey}:${token}`).toString("base64")}`;
  const ask = (method: string, path: string, body?: string, type?: string) =>
    exchange(tracker, { method, path, authorization, ...(body === undefined ? {} : { body, type: type ?? "" }) });
  const { id } = (await ask("GET", `//agents/serialkey/${skey}`)) as { readonly id: string };
  const { csr, key } = await boltCsr({ commonName: id });
  const boundary = "--------------------------051234567890";
  const form = `--${boundary}\r\nContent-Disposition: form-data; name="file"\r\n\r\n${csr}\r\n--${boundary}--\r\n`;
  const signed = (await (raw
    ? ask("POST", `//agents/${id}/csr`, csr, "text/plain")
    : ask("POST", `//agents/${id}/csr`, form, `multipart/form-data; boundary=${boundary}`))) as Encoded;
  const { ca, ...bolt } = (await ask("GET", `//agents/${id}/bolt`)) as { readonly ca: Encoded };
  return { id, key, certificate: decoded(signed), ca: decoded(ca), bolt };
}

function decoded({ encoding, data }: Encoded): string {
  return Buffer.from(data, encoding as BufferEncoding).toString("utf8");
}

function exchange(
  { host, port, plain = false }: Tracker,
  ask: {
    readonly method: string;
    readonly path: string;
    readonly authorization: string;
    readonly body?: string;
    readonly type?: string;
  },
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const { method, path, authorization, body, type } = ask;
  const call = (plain ? plainRequest : request)(
    {
      ...{ host, port, method, path, rejectUnauthorized: false, agent: false },
      headers: {
        authorization,
        ...(body === undefined ? {} : { "content-type": type, "content-length": Buffer.byteLength(body) }),
      },
    },
    (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${response.statusCode} ${text}`));
      });
    },
  );
  call.on("error", reject);
  call.end(body);
  return promise;
}
