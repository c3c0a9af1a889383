import { StateMark } from "./state-mark.tsx";
import classes from "./state-bar.module.css";
import marks from "./state-mark.module.css";
import type { Tone } from "./states.ts";

export interface StatePart {
  readonly state: string;
  readonly tone: Tone;
  readonly word: string;
  readonly count: number;
}

/** How many are in which state, as a bar whose parts add up. Its label says the same in words. */
export function StateBar({ parts, tall = false }: { readonly parts: readonly StatePart[]; readonly tall?: boolean }) {
  const present = parts.filter(({ count }) => count > 0);
  const label = present.map(({ word, count }) => `${word} ${count}`).join(", ");
  return (
    <div className={`${classes.bar} ${tall ? classes.tall : ""}`} role="img" aria-label={label === "" ? "0" : label}>
      {present.map(({ state, tone, count }) => (
        <span
          key={state}
          className={`${classes.part} ${marks[tone]}`}
          data-striped={state === "running" || state === "cancelling"}
          style={{ flexGrow: count }}
        />
      ))}
    </div>
  );
}

/** What the parts of a bar mean, with their numbers. */
export function StateLegend({ parts }: { readonly parts: readonly StatePart[] }) {
  return (
    <ul className={classes.legend}>
      {parts.map(({ state, tone, word, count }) => (
        <li key={state}>
          <StateMark state={state} tone={tone} word={word} /> <span className={classes.count}>{count}</span>
        </li>
      ))}
    </ul>
  );
}
