import { expect, test } from "vitest";
import { roleOf, type RoleRule } from "./roles.ts";

const rules: readonly RoleRule[] = [
  { role: "admin", group: "sudo" },
  { role: "operator", group: "teachers", place: "centro/aula-1" },
  { role: "operator", group: "technicians", place: "centro/aula-2" },
  { role: "viewer", group: "staff" },
  { role: "operator", group: "boss" },
  { role: "user", group: "*" },
];

test("the first rule that fits decides, whatever groups follow", () => {
  expect(roleOf(["staff", "sudo", "*"], rules)).toEqual({ role: "admin" });
  expect(roleOf(["staff", "*"], rules)).toEqual({ role: "viewer" });
  expect(roleOf(["*"], rules)).toEqual({ role: "user" });
});

test("rules of the same role add their places, and one without a place lifts the limit", () => {
  expect(roleOf(["teachers", "*"], rules)).toEqual({ role: "operator", places: ["centro/aula-1"] });
  expect(roleOf(["technicians", "teachers"], rules)).toEqual({
    role: "operator",
    places: ["centro/aula-1", "centro/aula-2"],
  });
  expect(roleOf(["technicians", "boss"], rules)).toEqual({ role: "operator" });
});

test("who is in no group of a rule has no role", () => {
  expect(roleOf(["daemon"], rules)).toBeUndefined();
  expect(roleOf([], rules)).toBeUndefined();
});
