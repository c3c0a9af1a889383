import { useEffect, useId, useRef, type ReactNode } from "react";
import classes from "./page.module.css";

export interface PageProps {
  readonly title: string;
  /** Where this stands, above the title. */
  readonly kicker?: ReactNode;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** Beside the title: a state, say. */
  readonly aside?: ReactNode;
  /** The content has the rest of the window and scrolls by itself. */
  readonly fill?: boolean;
  readonly children: ReactNode;
}

/** One view: its title is the document's, and takes the focus when the view opens, so that a reader hears where one is. */
export function Page({ title, kicker, lead, actions, aside, fill = false, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Atalaya`;
  }, [title]);
  useEffect(() => {
    const { activeElement } = document;
    if (activeElement === null || activeElement === document.body || activeElement.closest("nav") !== null)
      heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div className={`${classes.page} ${fill ? classes.fill : ""}`}>
      <header className={classes.head}>
        <div className={classes.titles}>
          {kicker === undefined ? null : <p className={classes.kicker}>{kicker}</p>}
          <h1 className={classes.title} tabIndex={-1} ref={heading}>
            {title} {aside}
          </h1>
          {lead === undefined ? null : <p className={classes.lead}>{lead}</p>}
        </div>
        {actions === undefined ? null : <div className={classes.actions}>{actions}</div>}
      </header>
      <div className={classes.body}>{children}</div>
    </div>
  );
}

export interface PanelProps {
  readonly title?: string;
  readonly actions?: ReactNode;
  /** The content reaches the border: tables do. */
  readonly flush?: boolean;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** A part of a view, with a title of its own. */
export function Panel({ title, actions, flush = false, className = "", children }: PanelProps) {
  const id = useId();
  return (
    <section className={`${classes.panel} ${className}`} {...(title === undefined ? {} : { "aria-labelledby": id })}>
      {title === undefined ? null : (
        <div className={classes.panelHead}>
          <h2 className={classes.panelTitle} id={id}>
            {title}
          </h2>
          {actions}
        </div>
      )}
      <div className={flush ? classes.flush : classes.panelBody}>{children}</div>
    </section>
  );
}
