import { finalStates, isFinal, runStates } from "@atalaya/protocol";
import { describe, expect, test } from "vitest";
import { absenceOf, resumptionOf } from "./resumption.ts";
import { code, mayMove } from "./transitions.ts";

const phases = ["unstarted", "accepted", "running", "finished"] as const;

describe("a run the agent still has", () => {
  test("goes on where it stands, and we learn how far it came", () => {
    expect(resumptionOf("queued", "running")).toEqual({ verdict: "go-on", move: "running" });
    expect(resumptionOf("sent", "accepted")).toEqual({ verdict: "go-on", move: "accepted" });
    expect(resumptionOf("running", "finished")).toEqual({ verdict: "go-on" });
    expect(resumptionOf("queued", "finished")).toEqual({ verdict: "go-on", move: "accepted" });
  });

  test("is forgotten once its result is committed", () => {
    for (const end of finalStates.filter((state) => state !== "lost")) {
      expect(resumptionOf(end, "finished")).toEqual({ verdict: "settled" });
    }
  });

  test("may still tell the truth when we gave it up for lost", () => {
    for (const phase of ["accepted", "running", "finished"] as const)
      expect(resumptionOf("lost", phase).verdict).toBe("go-on");
  });

  test("ends when it was cancelled meanwhile", () => {
    expect(resumptionOf("cancelling", "running")).toEqual({ verdict: "cancel" });
    expect(resumptionOf("cancelled", "running")).toEqual({ verdict: "cancel" });
    expect(resumptionOf("cancelling", "finished")).toEqual({ verdict: "go-on" });
  });

  test("is sent again when it certainly never began, unless it is to be cancelled", () => {
    expect(resumptionOf("accepted", "unstarted").move).toBe("queued");
    expect(resumptionOf("cancelling", "unstarted").move).toBe("cancelled");
  });

  test("never moves in a way the table does not know, but to where it is", () => {
    for (const state of runStates) {
      for (const phase of phases) {
        const { move } = resumptionOf(state, phase);
        const backwards = state === "running" && (move === "accepted" || move === "queued");
        if (move === undefined || move === state || backwards || (state === "queued" && move === "queued")) continue;
        expect(mayMove(code[state], code[move]), `${state} → ${move}`).toBe(true);
      }
    }
  });
});

describe("a run the same system does not have", () => {
  test("is sent again when it was only sent", () => expect(absenceOf("sent", false)).toBe("queued"));
  test("is lost when it had been accepted", () => {
    expect(absenceOf("accepted", true)).toBe("lost");
    expect(absenceOf("running", true)).toBe("lost");
    expect(absenceOf("cancelling", true)).toBe("lost");
  });
  test("is cancelled when it should be and never was accepted", () =>
    expect(absenceOf("cancelling", false)).toBe("cancelled"));
  test("is left alone when it waits or has ended", () => {
    for (const state of runStates.filter((name) => name === "queued" || isFinal(name)))
      expect(absenceOf(state, false)).toBeUndefined();
  });
});
