// Runs inside a network namespace: carries connections of a Unix socket, which every namespace can reach by its path,
// to a TCP address that only this namespace knows.
import { connect, createServer } from "node:net";

const [socketPath, host, port] = process.argv.slice(2);
if (socketPath === undefined || host === undefined || port === undefined) throw new Error("usage: SOCKET HOST PORT");

createServer((outside) => {
  const inside = connect({ host, port: Number(port) });
  // What one side has said is still told to the other: only a broken one ends both at once.
  outside.pipe(inside).on("error", () => outside.destroy());
  inside.pipe(outside).on("error", () => inside.destroy());
  outside.on("close", () => inside.destroySoon());
  inside.on("close", () => outside.destroySoon());
}).listen(socketPath, () => console.log("open"));
