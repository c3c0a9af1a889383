/**
 * A peer written from the reference of the wire alone (12.2), knowing nothing of our code: `answer NAME [SERVICE]` plays
 * an old polod on port 1337, `ask TEXT [ADDRESS]` multicasts, or sends to one node, and prints who answers.
 */
import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";

const [word, first = "", second] = process.argv.slice(2);
const own = Object.values(networkInterfaces())
  .flatMap((cards) => cards ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;

if (word === "answer") {
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
  socket.bind(1337, "224.0.0.112", () => {
    socket.addMembership("224.0.0.112", own);
    process.stdout.write("answering\n");
  });
} else {
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
