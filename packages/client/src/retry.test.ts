import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { httpsFetch } from "./node/https-fetch.ts";
import { createTrust } from "./node/trust.ts";
import { retrying } from "./retry.ts";

const HEADERS = { "Idempotency-Key": "k" };

/** Asks a server on loopback; no wait lasts, `waits` holds how long each would. */
async function asking(answer: (request: IncomingMessage, response: ServerResponse, asked: number) => void) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const body: Buffer[] = [];
    request.on("data", (part: Buffer) => body.push(part));
    request.on("end", () => {
      bodies.push(Buffer.concat(body).toString());
      answer(request, response, bodies.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const transport = httpsFetch(createTrust({ url }));
  onTestFinished(() => {
    transport.close();
    server.close();
    server.closeAllConnections();
  });
  const waits: number[] = [];
  let meanwhile = async () => {};
  const ask = retrying({
    fetch: transport.fetch,
    async wait(ms) {
      waits.push(ms);
      await meanwhile();
    },
    random: () => 0.5,
  });
  const post = (headers: Readonly<Record<string, string>>, signal?: AbortSignal) =>
    ask(new Request(url, { method: "POST", body: "wish", headers, ...(signal === undefined ? {} : { signal }) }));
  return { server, port, post, bodies, waits, while: (act: () => Promise<void>) => (meanwhile = act) };
}

test("what carries a key is asked again, whole, when the connection was cut in the middle", async () => {
  const asked = await asking((request, response, nth) => {
    if (nth <= 2) request.socket.destroy();
    else response.end("done");
  });
  expect(await (await asked.post(HEADERS)).text()).toBe("done");
  expect(asked.bodies).toEqual(["wish", "wish", "wish"]);
  expect(asked.waits).toEqual([700, 1_400]);
});

test("what carries none is not: it may have been done", async () => {
  const asked = await asking((request) => request.socket.destroy());
  await expect(asked.post({})).rejects.toMatchObject({ code: "server.unreachable" });
  expect(asked.bodies).toEqual(["wish"]);
});

test("a server that starts again is found", async () => {
  const asked = await asking((_request, response) => response.end("done"));
  asked.server.close();
  await once(asked.server, "close");
  asked.while(async () => {
    if (asked.waits.length < 3) return;
    asked.server.listen(asked.port, "127.0.0.1");
    await once(asked.server, "listening");
  });
  expect(await (await asked.post(HEADERS)).text()).toBe("done");
  expect(asked.waits).toEqual([700, 1_400, 2_800]);
});

test("one that stays away is given up after five tries", async () => {
  const asked = await asking((request) => request.socket.destroy());
  await expect(asked.post(HEADERS)).rejects.toMatchObject({ code: "server.unreachable" });
  expect(asked.bodies).toHaveLength(5);
  expect(asked.waits.reduce((sum, ms) => sum + ms, 0)).toBe(10_500);
});

test("nobody who gave up is asked for", async () => {
  const giveUp = new AbortController();
  const asked = await asking(() => giveUp.abort());
  await expect(asked.post(HEADERS, giveUp.signal)).rejects.toThrow(/abort/);
  expect(asked.bodies).toHaveLength(1);
});
