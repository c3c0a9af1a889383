/** The child's end of `child.ts`: does what it is told over IPC, and ends with its parent. */
export function takeOrders<Order>(obey: (order: Order) => Promise<unknown>): void {
  process.on("message", ({ id, order }: { readonly id: number; readonly order: Order }) => {
    obey(order).then(
      (value) => process.send?.({ id, value }),
      (cause: unknown) =>
        process.send?.({ id, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
    );
  });
  process.on("disconnect", () => process.exit(0));
}
