/** The floor of an agent: one `ws` connection over mutual TLS that says when it is open, and then nothing. */
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";

const [url, folder, protocol] = process.argv.slice(2) as [string, string, string];
const read = (name: string): string => readFileSync(`${folder}/${name}`, "utf8");
/** The types of `ws` do not know it; node:tls gets it. */
const tls = { ALPNProtocols: [protocol] };
const socket = new WebSocket(url, protocol, {
  key: read("key.pem"),
  cert: read("certificate.pem"),
  ca: read("ca.pem"),
  ...tls,
  minVersion: "TLSv1.3",
  perMessageDeflate: false,
});
socket.on("open", () => process.stderr.write("link.up\n"));
socket.on("close", () => process.exit(1));
