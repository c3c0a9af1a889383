import { Modal } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { cell, useSource } from "../api/source.ts";
import { destinations } from "./destinations.ts";
import classes from "./shortcuts.module.css";

/** The sheet that lists the keys. */
export const shortcutsOpen = cell(false);

/** The second key must follow so soon. */
const SEQUENCE_MS = 1_200;

/** Keys that work in every view, unless one is writing: `g` and a letter go somewhere, `/` searches, `?` tells them all. */
export function Shortcuts() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const isOpen = useSource(shortcutsOpen);
  const ways = destinations.flat();

  useEffect(() => {
    let wentAt = -Infinity;
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const began = wentAt;
      wentAt = -Infinity;
      if (event.timeStamp - began < SEQUENCE_MS) {
        const way = ways.find(({ key }) => key === event.key);
        if (way === undefined) return;
        event.preventDefault();
        void navigate({ to: way.to });
      } else if (event.key === "g") {
        wentAt = event.timeStamp;
      } else if (event.key === "?") {
        event.preventDefault();
        shortcutsOpen.set(true);
      } else if (event.key === "/") {
        const field = document.querySelector<HTMLElement>("[data-search]");
        if (field === null) return;
        event.preventDefault();
        field.focus();
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [navigate, ways]);

  return (
    <Modal opened={isOpen} onClose={() => shortcutsOpen.set(false)} title={t("shortcuts.title")}>
      <dl className={classes.keys}>
        <Key keys={["Ctrl", "K"]} means={t("shortcuts.palette")} />
        <Key keys={["/"]} means={t("shortcuts.search")} />
        <Key keys={["?"]} means={t("shortcuts.sheet")} />
        <Key keys={["Esc"]} means={t("shortcuts.close")} />
        {ways.map(({ key, word }) => (
          <Key key={key} keys={["g", key]} means={t("shortcuts.go", { where: t(`nav.${word}`) })} />
        ))}
      </dl>
    </Modal>
  );
}

function Key({ keys, means }: { readonly keys: readonly string[]; readonly means: string }) {
  return (
    <div className={classes.pair}>
      <dt>
        {keys.map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{means}</dd>
    </div>
  );
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], .xterm") !== null;
}
