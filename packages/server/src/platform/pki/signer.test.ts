import { expect, test } from "vitest";
import { makeCsr } from "./csr.testing.ts";
import { startSigner } from "./signer.ts";

test("a thread that died is replaced, and knows the authority again", async () => {
  await using signer = startSigner(new URL("./mortal-signer.testing.ts", import.meta.url));
  const now = Date.now();
  await signer.ask({ kind: "load", identity: await signer.ask({ kind: "found", now }) });
  const { csrPem } = await makeCsr();
  const client = { kind: "client", csrPem, cn: "enr_1", days: 1, now } as const;
  expect((await signer.ask(client)).serial).toHaveLength(32);

  const lost = signer.ask({ kind: "read-csr", csrPem: "die" });
  const behind = signer.ask(client);
  await expect(lost).rejects.toMatchObject({ code: "server.draining" });
  await expect(behind).rejects.toMatchObject({ code: "server.draining" });
  expect((await signer.ask(client)).serial).toHaveLength(32);
});

test("who asks for too much at once is told so, and nothing that was accepted is lost", async () => {
  await using signer = startSigner();
  const asked = Array.from({ length: 2_100 }, () =>
    signer.ask({ kind: "read-csr", csrPem: "no" }).catch((error: { code: string }) => error.code),
  );
  const codes = await Promise.all(asked);
  expect(codes.filter((code) => code === "enrolment.csr-malformed")).toHaveLength(2_000);
  expect(codes.filter((code) => code === "server.busy")).toHaveLength(100);
});

test("after its end it answers nobody", async () => {
  const signer = startSigner();
  await signer[Symbol.asyncDispose]();
  await expect(signer.ask({ kind: "found", now: 0 })).rejects.toMatchObject({ code: "server.draining" });
});
