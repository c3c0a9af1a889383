import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./empty.module.css";

/** Nothing is here yet: says so, and what to do about it. */
export function Empty(props: {
  readonly icon: Icon;
  readonly title: string;
  readonly text: ReactNode;
  readonly children?: ReactNode;
}) {
  const { icon: Shape, title, text, children } = props;
  return (
    <div className={classes.empty}>
      <Shape className={classes.icon} size={34} stroke={1.4} aria-hidden="true" />
      <p className={classes.title}>{title}</p>
      <p className={classes.text}>{text}</p>
      {children}
    </div>
  );
}
