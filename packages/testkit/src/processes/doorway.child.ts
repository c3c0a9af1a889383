// Runs inside a network namespace: carries connections of a Unix socket, which every namespace can reach by its path,
// to a TCP address that only this namespace knows.
import { connect, createServer } from "node:net";

const [socketPath, host, port] = process.argv.slice(2);
if (socketPath === undefined || host === undefined || port === undefined) throw new Error("usage: SOCKET HOST PORT");

createServer((outside) => {
  const inside = connect({ host, port: Number(port) });
  const end = (): void => {
    outside.destroy();
    inside.destroy();
  };
  outside.pipe(inside).on("error", end).on("close", end);
  inside.pipe(outside).on("error", end).on("close", end);
}).listen(socketPath, () => console.log("open"));
