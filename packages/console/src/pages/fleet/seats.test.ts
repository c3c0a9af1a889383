import { compareNames } from "@atalaya/client/browser";
import { expect, test } from "vitest";
import type { Host } from "../../api/hosts.ts";
import { planOf } from "./seats.ts";

const host = (name: string, place: string | null) => ({ id: name, name, place }) as Host;

test("every host has one seat, below its place, and who has no place sits last", () => {
  const hosts = [
    host("z", null),
    host("a1", "b/lab-10"),
    host("a2", "b/lab-2"),
    host("a3", "b/lab-2"),
    host("a4", "b/lab-2"),
  ];
  const plan = planOf(hosts, 2, compareNames);
  expect(plan.map((row) => (row.kind === "place" ? row.place : row.hosts.map(({ name }) => name)))).toEqual([
    "b/lab-2",
    ["a2", "a3"],
    ["a4"],
    "b/lab-10",
    ["a1"],
    null,
    ["z"],
  ]);
});
