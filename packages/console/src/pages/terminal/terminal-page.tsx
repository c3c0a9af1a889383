import "@xterm/xterm/css/xterm.css";
import { Button } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { IconRefresh } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Page } from "../../ui/page.tsx";
import { createScreen } from "./screen.ts";
import { openTerminal } from "./terminal-socket.ts";
import classes from "./terminal.module.css";

const route = getRouteApi("/gate/hosts/$host/terminal");

type State =
  | { readonly kind: "opening" }
  | { readonly kind: "open"; readonly account: string; readonly recorded: boolean }
  | { readonly kind: "ended"; readonly exitCode?: number | undefined; readonly message?: string | undefined };

/** A shell on one host, as one's account there. It ends with this view. */
export function TerminalPage() {
  const { t } = useTranslation();
  const { host } = route.useParams();
  const { account } = route.useSearch();
  const frame = useRef<HTMLDivElement>(null);
  const [state, setState] = useState<State>({ kind: "opening" });
  const [times, setTimes] = useState(0);

  useEffect(() => {
    const element = frame.current!;
    const screen = createScreen();
    const { terminal, fit } = screen;
    screen.open(element);
    fit();
    const line = openTerminal(
      { host, columns: terminal.cols, rows: terminal.rows, ...(account === undefined ? {} : { account }) },
      {
        opened: (opening) => setState({ kind: "open", ...opening }),
        shows: (bytes) => terminal.write(bytes),
        ended: ({ exitCode, reason }) => setState({ kind: "ended", exitCode, message: reason?.message }),
      },
    );
    const encoder = new TextEncoder();
    terminal.onData((text) => line.type(encoder.encode(text)));
    terminal.onBinary((text) => line.type(Uint8Array.from(text, (char) => char.charCodeAt(0))));
    terminal.onResize(({ cols, rows }) => line.resize(cols, rows));
    const copies = (event: KeyboardEvent) => {
      // Ctrl Shift C and V, as in terminals: plain Ctrl C is the shell's.
      if (event.type !== "keydown" || !event.ctrlKey || !event.shiftKey) return true;
      if (event.code === "KeyC") void navigator.clipboard.writeText(terminal.getSelection());
      else if (event.code === "KeyV") void navigator.clipboard.readText().then((text) => terminal.paste(text));
      else return true;
      event.preventDefault();
      return false;
    };
    terminal.attachCustomKeyEventHandler(copies);
    const watch = new ResizeObserver(() => fit());
    watch.observe(element);
    terminal.focus();
    return () => {
      watch.disconnect();
      line.close();
      screen.close();
    };
  }, [host, account, times]);

  return (
    <Page
      title={t("terminal.title", { host })}
      fill
      kicker={
        <Link to="/hosts/$host" params={{ host }}>
          {host}
        </Link>
      }
      actions={
        state.kind === "ended" ? (
          <Button
            leftSection={<IconRefresh size={16} />}
            onClick={() => {
              setState({ kind: "opening" });
              setTimes(times + 1);
            }}
          >
            {t("terminal.again")}
          </Button>
        ) : null
      }
    >
      <p className={classes.said} role="status">
        {state.kind === "opening"
          ? t("terminal.opening")
          : state.kind === "open"
            ? `${t("terminal.open", { account: state.account })}${state.recorded ? ` ${t("terminal.recorded")}` : ""}`
            : (state.message ??
              (state.exitCode === undefined ? t("terminal.cut") : t("terminal.ended", { code: state.exitCode })))}
      </p>
      <div className={classes.frame}>
        {/* What hosts print is in no language that this page could know. */}
        <div className={classes.screen} ref={frame} lang="" translate="no" />
      </div>
    </Page>
  );
}
