import { ActionIcon, Button, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { IconArrowBarToDown, IconChevronDown, IconChevronUp, IconCopy, IconSearch } from "@tabler/icons-react";
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { tellDone } from "../ui/notices.tsx";
import { byteSize } from "../ui/moment.tsx";
import { plainText } from "./ansi.ts";
import type { FeedState } from "./feed.ts";
import { find } from "./find.ts";
import type { LogLine } from "./log-buffer.ts";
import classes from "./log-view.module.css";
import { Spans } from "./spans.tsx";

const LINE = 18;

export interface LogViewProps {
  readonly feed: FeedState;
  /** Each line begins with its host. */
  readonly showHosts: boolean;
  /** Only lines of these runs. */
  readonly only?: ReadonlySet<number> | undefined;
  /** More buttons: a download, say. */
  readonly tools?: ReactNode;
  /** What is said while nothing came. */
  readonly empty: string;
  readonly label: string;
}

function linesOf({ log }: FeedState, only: ReadonlySet<number> | undefined): readonly LogLine[] {
  return only === undefined ? log.lines : log.lines.filter(({ run }) => only.has(run));
}

/** Output to read, follow, search and copy. However much there is, only the lines in sight are in the document. */
export function LogView({ feed, showHosts, only, tools, empty, label }: LogViewProps) {
  const { t } = useTranslation();
  const { log, runs, isDone } = feed;
  // The buffer grows in place, and with each look there is a new feed: all that is made of lines hangs on the feed.
  const lines = useMemo(() => linesOf(feed, only), [feed, only]);
  const scroll = useRef<HTMLDivElement>(null);
  const [isFollowing, setFollowing] = useState(true);
  const [wanted, setWanted] = useState("");
  const [sought] = useDebouncedValue(wanted, 200);
  const found = useMemo(() => find(linesOf(feed, only), sought), [feed, only, sought]);
  const foundSet = useMemo(() => new Set(found), [found]);
  const [at, setAt] = useState(0);
  const hostWidth = useMemo(
    () =>
      Math.min(
        24,
        feed.runs.reduce((widest, { host }) => Math.max(widest, host.name.length), 4),
      ),
    [feed],
  );
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE,
    overscan: 30,
  });

  useEffect(() => {
    const { current } = scroll;
    if (isFollowing && current !== null) current.scrollTop = current.scrollHeight;
  }, [isFollowing, feed, only]);

  const goTo = (step: number) => {
    if (found.length === 0) return;
    const next = (at + step + found.length) % found.length;
    setAt(next);
    setFollowing(false);
    virtual.scrollToIndex(found[next]!, { align: "center" });
  };
  const copy = async () => {
    const text = lines.map((line) => {
      const host = showHosts ? `${runs[line.run]?.host.name ?? ""}: ` : "";
      return `${host}${plainText(line.text)}\n`;
    });
    await navigator.clipboard.writeText(text.join(""));
    tellDone(t("output.copied", { count: lines.length }));
  };

  return (
    <div className={classes.frame} style={{ "--host-width": hostWidth } as React.CSSProperties}>
      <div className={classes.tools}>
        <TextInput
          size="xs"
          w={230}
          data-search
          aria-label={t("output.search")}
          placeholder={t("output.search")}
          leftSection={<IconSearch size={14} />}
          value={wanted}
          onChange={(event) => {
            setWanted(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") goTo(event.shiftKey ? -1 : 1);
          }}
        />
        {sought === "" ? null : (
          <>
            <span role="status">{t("output.found", { count: found.length, at: found.length === 0 ? 0 : at + 1 })}</span>
            <ActionIcon variant="default" aria-label={t("output.before")} onClick={() => goTo(-1)}>
              <IconChevronUp size={15} />
            </ActionIcon>
            <ActionIcon variant="default" aria-label={t("output.next")} onClick={() => goTo(1)}>
              <IconChevronDown size={15} />
            </ActionIcon>
          </>
        )}
        <Button
          size="xs"
          variant={isFollowing ? "light" : "default"}
          aria-pressed={isFollowing}
          leftSection={<IconArrowBarToDown size={14} />}
          onClick={() => setFollowing(!isFollowing)}
        >
          {t("output.follow")}
        </Button>
        <Button size="xs" variant="default" leftSection={<IconCopy size={14} />} onClick={() => void copy()}>
          {t("output.copy")}
        </Button>
        {tools}
        <span className={classes.count}>
          {isDone ? null : <span className={classes.live} />}
          {t("output.lines", { count: log.dropped + log.lines.length, size: byteSize(log.bytes) })}
        </span>
      </div>
      {log.dropped === 0 ? null : <div className={classes.note}>{t("output.dropped", { count: log.dropped })}</div>}
      <div
        ref={scroll}
        className={classes.scroll}
        role="log"
        aria-live="off"
        aria-label={label}
        tabIndex={0}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollowing(false);
        }}
        onKeyDown={(event) => {
          if (["ArrowUp", "PageUp", "Home"].includes(event.key)) setFollowing(false);
          if (event.key === "End") setFollowing(true);
        }}
      >
        {lines.length === 0 ? <div className={classes.empty}>{empty}</div> : null}
        <div className={classes.space} style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = lines[index];
            if (line === undefined) return null;
            const mark = found[at] === index ? classes.here : foundSet.has(index) ? classes.found : "";
            return (
              <div
                key={index}
                className={`${classes.line} ${line.isError ? classes.error : ""} ${mark}`}
                style={{ transform: `translateY(${start}px)` }}
              >
                {showHosts ? <span className={classes.host}>{runs[line.run]?.host.name}</span> : null}
                <span lang="" translate="no">
                  <Spans line={line} />
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
