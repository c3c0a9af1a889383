import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { IconClockPause } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { refreshAfterMs, warningOf } from "./keep-alive.ts";
import { sessionKey, useSession } from "./session.tsx";
import classes from "./session-watch.module.css";

const LOOK_MS = 15_000;
const uses = ["pointerdown", "keydown", "wheel"] as const;

/** Uses the session now and then while somebody works here, and tells of its end before it comes. */
export function SessionWatch() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const queries = useQueryClient();
  const [now, setNow] = useState(() => Date.now());
  const used = useRef(false);
  const asked = useRef(0);
  const stay = () => {
    used.current = false;
    asked.current = Date.now();
    void queries.invalidateQueries({ queryKey: sessionKey });
  };

  useEffect(() => {
    asked.current = Date.now();
    const note = () => {
      used.current = true;
    };
    for (const use of uses) addEventListener(use, note, { passive: true, capture: true });
    return () => {
      for (const use of uses) removeEventListener(use, note, { capture: true });
    };
  }, []);
  useEffect(() => {
    const timer = setInterval(() => {
      const at = Date.now();
      setNow(at);
      const isOver = at >= session.expiresAt;
      if (isOver || (used.current && at - asked.current >= refreshAfterMs(session, at))) {
        used.current = false;
        asked.current = at;
        void queries.invalidateQueries({ queryKey: sessionKey });
      }
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [session, queries]);

  const warning = warningOf(session, now);
  const at = warning === "absolute" ? session.absoluteExpiresAt : session.expiresAt;
  const time = new Intl.DateTimeFormat(i18n.language, { timeStyle: "short" }).format(at);
  return (
    <div role="status">
      {warning === undefined ? null : (
        <div className={classes.warning}>
          <IconClockPause size={17} aria-hidden="true" />
          <span>{t(`session.${warning}`, { time })}</span>
          {warning === "idle" ? (
            <Button size="compact-sm" variant="default" onClick={stay}>
              {t("session.stay")}
            </Button>
          ) : null}
        </div>
      )}
    </div>
  );
}
