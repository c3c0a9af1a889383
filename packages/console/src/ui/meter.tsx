import classes from "./meter.module.css";

export interface MeterProps {
  /** Between 0 and 1. */
  readonly share: number;
  /** Of what. */
  readonly label: string;
  /** Full is where it shall come to, and nothing to worry about. */
  readonly plain?: boolean;
}

/** How full something is, with its number; nearly full looks as what needs somebody. */
export function Meter({ share, label, plain = false }: MeterProps) {
  const whole = Math.round(share * 100);
  const level = plain ? "fine" : share >= 0.95 ? "full" : share >= 0.85 ? "high" : "fine";
  return (
    <span className={classes.meter}>
      <span
        className={classes.bar}
        role="meter"
        aria-label={label}
        aria-valuenow={whole}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuetext={`${whole} %`}
      >
        <span className={classes.fill} data-level={level} style={{ width: `${Math.min(100, whole)}%` }} />
      </span>
      <span className={classes.number}>{whole} %</span>
    </span>
  );
}
