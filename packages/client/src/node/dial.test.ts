import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { ClientError } from "../client-error.ts";
import { dialer, onRefusal } from "./dial.ts";
import { createTrust } from "./trust.ts";

async function doorkeeper() {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (request.headers.authorization === "Bearer good")
      return sockets.handleUpgrade(request, socket, head, (ws) => ws.close());
    const problem = JSON.stringify({ code: "identity.invalid", detail: "This token is unknown.", status: 401 });
    socket.end(
      `HTTP/1.1 401 Unauthorized\r\nContent-Type: application/problem+json\r\nContent-Length: ${problem.length}\r\n\r\n${problem}`,
    );
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = new URL(`http://127.0.0.1:${(http.address() as AddressInfo).port}/somewhere`);
  const dial = await dialer(url, "test.v1", { trust: createTrust({ url: url.href }), withinMs: 10_000 });
  return {
    dial,
    async [Symbol.asyncDispose]() {
      sockets.close();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

test("the token goes along in a header", async () => {
  await using server = await doorkeeper();
  const socket = server.dial("good");
  await new Promise((resolve) => socket.once("open", resolve));
  await new Promise((resolve) => socket.once("close", resolve));
});

test("a refusal is the server's own problem, and the socket is over", async () => {
  await using server = await doorkeeper();
  const socket = server.dial("bad");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => undefined);
  const [why, status] = await new Promise<readonly [Error, number]>((resolve) =>
    onRefusal(socket, (refusal, code) => void refusal.then((error) => resolve([error, code]))),
  );
  expect(status).toBe(401);
  expect(why).toBeInstanceOf(ClientError);
  expect(why).toMatchObject({ code: "identity.invalid", detail: "This token is unknown." });
  await closed;
});
