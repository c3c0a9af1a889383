/** A child process of a bench that takes orders over IPC. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Child<Order> extends Disposable {
  readonly pid: number;
  order<T>(order: Order): Promise<T>;
}

export function benchChild<Order>(file: string): Child<Order> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), {
    serialization: "advanced",
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(cause: Error): void }>();
  let last = 0;
  child.on("message", (answer: { readonly id: number; readonly value?: unknown; readonly error?: string }) => {
    const caller = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.error === undefined) caller?.resolve(answer.value);
    else caller?.reject(new Error(answer.error));
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${code}`));
    waiting.clear();
  });
  return {
    get pid() {
      return child.pid ?? -1;
    },
    order<T>(order: Order) {
      last += 1;
      const id = last;
      return new Promise<T>((resolve, reject) => {
        waiting.set(id, { resolve: (value) => resolve(value as T), reject });
        child.send({ id, order } as { id: number; order: Order & object });
      });
    },
    [Symbol.dispose]() {
      child.kill("SIGKILL");
    },
  };
}
