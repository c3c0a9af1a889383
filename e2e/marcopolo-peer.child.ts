/**
 * A peer written from the reference of the wire alone (12.2, 12.4), knowing nothing of our code: `answer NAME [SERVICE]`
 * plays an old polod on port 1337, `ask TEXT [ADDRESS]` multicasts, or sends to one node, and prints who answers. As
 * `polod NAME` it has the door of the machine's programs, too, and tries for its port until it is free.
 */
import { execFileSync } from "node:child_process";
import { createCipheriv } from "node:crypto";
import { createSocket } from "node:dgram";
import { chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";

const [said = "", first = "", second] = process.argv.slice(2);
const word = said.endsWith("polod") ? "polod" : said;
const own = Object.values(networkInterfaces())
  .flatMap((cards) => cards ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

/** Of the reference's example. */
const SECRET = "0123456789abcdef0123456789abcdef";

function tokenOf(uid: number): string {
  const cipher = createCipheriv("aes-256-ecb", SECRET, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(String(uid).padEnd(32, "#")), cipher.final()]).toString("base64");
}

function accounts() {
  return readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name, , uid, gid, , home]) => ({ name, uid: Number(uid), gid: Number(gid), home: home ?? "/" }));
}

/** One object a read, and no answer at all to what it does not know. */
function obey(text: string, published: Set<string>): object | undefined {
  const { Command, Args } = JSON.parse(text) as { readonly Command: string; readonly Args: Record<string, unknown> };
  if (Command === "Request-token") {
    const account = accounts().find(({ uid }) => uid === Args["uid"]);
    if (account === undefined) return undefined;
    const file = join(account.home, ".polo", "token");
    if (existsSync(file)) return { OK: 1 };
    mkdirSync(join(account.home, ".polo"), { recursive: true });
    writeFileSync(file, tokenOf(account.uid), { mode: 0o600 });
    chownSync(file, account.uid, account.gid);
    return { OK: 0 };
  }
  const account = accounts().find(({ uid }) => tokenOf(uid) === Args["token"]);
  if (account === undefined) return { Error: "Bad token" };
  const name = Args["root"] === true ? String(Args["service"]) : `${account.name}:${String(Args["service"])}`;
  if (Command === "Unpublish") return published.delete(name) ? { OK: 0 } : { Error: "Service not found" };
  if (Command !== "Publish" && Command !== "Register") return undefined;
  if (published.has(name)) return { Error: `Service ${name} already exists` };
  published.add(name);
  process.stdout.write(`published ${name}\n`);
  return { OK: name };
}

function openDoor(): void {
  const folder = mkdtempSync(join(tmpdir(), "polod-door-"));
  const [key, cert] = [join(folder, "key"), join(folder, "cert")];
  const request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=polod", "-days", "2"];
  execFileSync("openssl", [...request, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const published = new Set<string>();
  createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      const answer = obey(bytes.toString(), published);
      if (answer === undefined) socket.destroy();
      else socket.write(JSON.stringify(answer));
    });
  }).listen(1390, "127.0.0.1");
}

if (word === "polod") openDoor();
if (word === "answer" || word === "polod") bind();
else ask();

function bind(): void {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, from) => {
    const { Command, Params } = JSON.parse(bytes.toString()) as { readonly Command: string; readonly Params?: string };
    // The shipped configuration makes polo_params a text, not an object.
    if (Command === "Marco")
      socket.send(`{"Command":"Polo","Params":{"hostname":"${first}"}}`, from.port, from.address);
    if (Command === "Request-For" && Params === second) {
      socket.send('{"Command": "OK", "Params": {"port": 1370}}', from.port, from.address);
    }
  });
  socket.once("error", () => {
    process.stdout.write("taken\n");
    setTimeout(bind, 500);
  });
  socket.bind(1337, "224.0.0.112", () => {
    socket.addMembership("224.0.0.112", own);
    process.stdout.write("answering\n");
  });
}

function ask(): void {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, { address, port }) => {
    process.stdout.write(`${JSON.stringify({ address, port, text: bytes.toString() })}\n`);
  });
  const local = second === "127.0.1.1";
  socket.bind(0, local ? "127.0.0.1" : own, () => {
    if (!local) {
      socket.setMulticastTTL(2);
      socket.setMulticastInterface(own!);
    }
    socket.send(first, local ? 1338 : 1337, second ?? "224.0.0.112");
  });
  setTimeout(() => process.exit(0), local ? 2_500 : 1_000);
}
