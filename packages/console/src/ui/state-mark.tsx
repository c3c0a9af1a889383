import {
  IconAlertTriangleFilled,
  IconBan,
  IconCheck,
  IconCircle,
  IconCircleDashed,
  IconCircleFilled,
  IconClockPause,
  IconClockX,
  IconHelpHexagon,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconSquareFilled,
  IconX,
  type Icon,
} from "@tabler/icons-react";
import classes from "./state-mark.module.css";
import type { Tone } from "./states.ts";

/** Each state has a shape of its own, for who does not tell the colours apart. */
const shapes: Readonly<Record<string, Icon>> = {
  online: IconCircleFilled,
  offline: IconCircle,
  pending: IconCircleDashed,
  quarantined: IconAlertTriangleFilled,
  succeeded: IconCheck,
  failed: IconX,
  "timed-out": IconClockX,
  refused: IconBan,
  lost: IconHelpHexagon,
  cancelled: IconSquareFilled,
  cancelling: IconSquareFilled,
  expired: IconClockPause,
  running: IconPlayerPlayFilled,
  accepted: IconCircleDashed,
  sent: IconCircleDashed,
  queued: IconCircle,
  paused: IconPlayerPauseFilled,
  stopped: IconSquareFilled,
  finished: IconCheck,
};

export interface StateMarkProps {
  readonly state: string;
  readonly tone: Tone;
  /** In the reader's language. */
  readonly word: string;
  readonly badge?: boolean;
}

/** A state as shape, colour and word. */
export function StateMark({ state, tone, word, badge = false }: StateMarkProps) {
  const Shape = shapes[state] ?? IconCircle;
  return (
    <span className={`${classes.mark} ${classes[tone]} ${badge ? classes.badge : ""}`}>
      <Shape size={state === "online" || state === "offline" ? 10 : 13} stroke={2.4} aria-hidden="true" />
      {word}
    </span>
  );
}
