/** The floor of a deployment: a mutual-TLS server that hands out one file, as plainly as Node can. */
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { LINK_PROTOCOL } from "@atalaya/protocol";
import { takeOrders } from "./orders.ts";

export interface StaticOrder {
  readonly do: "listen";
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  readonly file: string;
}

async function obey({ key, cert, ca, file }: StaticOrder): Promise<number> {
  const { size } = statSync(file);
  const server = createServer({
    key,
    cert,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: "TLSv1.3",
    ALPNProtocols: [LINK_PROTOCOL],
    sessionIdContext: "static",
  });
  server.on("request", (_request, response) => {
    response.writeHead(200, { "content-length": size });
    createReadStream(file).pipe(response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

takeOrders(obey);
