import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { asking } from "./asking.ts";
import { MARCO_GROUPS } from "./datagrams.ts";

const addresses = Object.values(networkInterfaces()).flatMap((cards) =>
  (cards ?? []).flatMap(({ family, internal, address }) => (family === "IPv4" && !internal ? [address] : [])),
);

function opener() {
  const opened: Socket[] = [];
  const open = () => {
    const socket = createSocket("udp4");
    opened.push(socket);
    return socket;
  };
  return { opened, open };
}

test.skipIf(addresses.length === 0)("each card has a socket of its own, bound to its address", async () => {
  const { opened, open } = opener();
  using _ = asking({ open, cards: addresses, heard: () => undefined });
  await Promise.all(opened.map((socket) => once(socket, "listening")));
  expect(opened.map((socket) => socket.address().address)).toEqual(addresses);
});

test("answers are heard with where they come from, until the end", async () => {
  const { opened, open } = opener();
  const heard = Promise.withResolvers<readonly [string, string]>();
  const one = asking({
    open,
    cards: [undefined],
    heard: (datagram, address) => heard.resolve([String.fromCharCode(...datagram), address]),
  });
  const [socket] = opened;
  await once(socket!, "listening");
  const node = createSocket("udp4");
  node.send("Polo", socket!.address().port, "127.0.0.1");
  expect(await heard.promise).toEqual(["Polo", "127.0.0.1"]);
  node.close();
  const closed = once(socket!, "close");
  one[Symbol.dispose]();
  await closed;
});

test("a card that is not there costs nothing but its answers", async () => {
  const { opened, open } = opener();
  const one = asking({ open, cards: ["203.0.113.7"], heard: () => undefined });
  await once(opened[0]!, "error").catch(() => undefined);
  one.ask({ kind: "marco" }, MARCO_GROUPS[0]);
  one[Symbol.dispose]();
});
