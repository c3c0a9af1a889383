import { expect, test } from "vitest";
import { deploy, exec } from "@atalaya/protocol";
import type { LazySupervisor } from "../instances/lazy.ts";
import { kindsOf } from "./kinds.ts";
import { TASK_NAMES } from "./lazy.ts";

test("capabilities that are loaded when they are asked for are announced by the names of their contracts", () => {
  const kinds = kindsOf({ instances: {} as LazySupervisor });
  expect(kinds.map(({ contract }) => contract.name)).toEqual([...TASK_NAMES]);
  expect([exec.name, deploy.name]).toEqual(["exec", "deploy"]);
});
