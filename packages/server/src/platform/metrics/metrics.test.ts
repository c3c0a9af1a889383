import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";
import { watchCommits, watchProcess } from "./watch.ts";

test("two registries in one process do not mix", async () => {
  const [one, two] = [createMetrics(), createMetrics()];
  one.counter({ name: "runs_total", help: "Runs", labels: ["state"] }).inc({ state: "failed" });
  two.gauge({ name: "runs_total", help: "Runs", collect: (gauge) => gauge.set(7) });
  expect((await one.render()).body).toContain('atalaya_runs_total{state="failed"} 1');
  expect((await two.render()).body).toContain("atalaya_runs_total 7");
  expect((await two.render()).contentType).toContain("text/plain");
});

test("commits are counted in seconds", async () => {
  const metrics = createMetrics();
  let commit: (ms: number) => void = () => undefined;
  using _ = watchCommits(metrics, {
    onCommit: (listener) => ((commit = listener), { [Symbol.dispose]: () => undefined }),
  });
  commit(4);
  const { body } = await metrics.render();
  expect(body).toContain('atalaya_store_commit_seconds_bucket{le="0.0025"} 0');
  expect(body).toContain('atalaya_store_commit_seconds_bucket{le="0.005"} 1');
});

test("a spread is told as a histogram", async () => {
  const metrics = createMetrics();
  const told = { name: "wait_seconds", help: "Waits", buckets: [0.1, 1] };
  const spread = metrics.spread(told);
  const beside = createMetrics();
  const histogram = beside.histogram(told);
  for (const value of [0.1, 0.05, 0.5, 2, 1]) {
    spread.observe(value);
    histogram.observe(value);
  }
  expect((await metrics.render()).body).toContain('atalaya_wait_seconds_bucket{le="1"} 4');
  expect((await metrics.render()).body).toBe((await beside.render()).body);
});

test("a tally is told as a counter", async () => {
  const metrics = createMetrics();
  const beside = createMetrics();
  const tally = metrics.tally({ name: "doors_total", help: "Doors", label: "door" });
  const counter = beside.counter({ name: "doors_total", help: "Doors", labels: ["door"] });
  const [empty, alsoEmpty] = [await metrics.render(), await beside.render()];
  expect(empty.body).toBe(alsoEmpty.body);
  for (const door of ["link", "public", "link"]) {
    tally.inc(door);
    counter.inc({ door });
  }
  const { body } = await metrics.render();
  expect(body).toContain('atalaya_doors_total{door="link"} 2');
  expect(body).toBe((await beside.render()).body);
});

test("the process tells its memory and how late its event loop is", async () => {
  const metrics = createMetrics();
  using _ = watchProcess(metrics);
  const { body } = await metrics.render();
  expect(body).toMatch(/atalaya_process_memory_bytes\{kind="rss"\} \d{7,}/);
  expect(body).toMatch(/atalaya_event_loop_delay_seconds\{quantile="0.99"\} [\d.e-]+/);
  expect(body).toMatch(/atalaya_process_open_descriptors [1-9]/);
});
