import { Burger } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { IconPlugConnectedX, IconSearch } from "@tabler/icons-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { follow, liveState } from "../api/follow.ts";
import { useSource } from "../api/source.ts";
import { permits, useMay, useSession } from "../session/session.tsx";
import { SessionWatch } from "../session/session-watch.tsx";
import { Logo } from "../ui/logo.tsx";
import { destinations } from "./destinations.ts";
import { NotYours } from "./not-yours.tsx";
import { Palette } from "./palette.tsx";
import classes from "./shell.module.css";
import { Shortcuts } from "./shortcuts.tsx";
import { Waiting } from "./waiting.tsx";
import { Who } from "./who.tsx";

/** The frame of all views of somebody who is signed in. */
export function Shell() {
  const { t } = useTranslation();
  const [isOpen, rail] = useDisclosure(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  const { close } = rail;
  useEffect(() => close(), [path, close]);
  const mayFollow = useMay("job.read");
  // The one live channel is open before anything is asked for: the first line of output waits for no handshake.
  useEffect(() => (mayFollow ? follow("my-jobs", {}, { onEvents() {} }) : undefined), [mayFollow]);
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        {t("shell.skip")}
      </a>
      <div className={classes.topbar}>
        <Burger
          opened={isOpen}
          onClick={rail.toggle}
          color="#fff"
          size="sm"
          m="sm"
          aria-label={t("shell.menu")}
          aria-expanded={isOpen}
        />
        <Brand />
      </div>
      <header className={classes.rail} data-open={isOpen}>
        <Brand />
        <button type="button" className={classes.search} onClick={spotlight.open}>
          <IconSearch size={15} aria-hidden="true" />
          <span>{t("shell.search")}</span>
          <kbd>Ctrl K</kbd>
        </button>
        <Navigation />
        <div className={classes.foot}>
          <Who />
        </div>
      </header>
      <main className={classes.main} id="content" tabIndex={-1}>
        <SessionWatch />
        <LiveLost />
        <div className={classes.content}>
          <View />
        </div>
      </main>
      <Palette />
      <Shortcuts />
    </div>
  );
}

/** What stands at this address, for whom it may. */
function View() {
  const session = useSession();
  const permission = useRouterState({ select: ({ matches }) => matches.at(-1)?.staticData.permission });
  return permission === undefined || permits(session, permission) ? <Outlet /> : <NotYours permission={permission} />;
}

function Brand() {
  return (
    <Link to="/" className={classes.brand}>
      <Logo size={26} />
      Atalaya
    </Link>
  );
}

function Navigation() {
  const { t } = useTranslation();
  const session = useSession();
  const allowed = destinations
    .map((group) => group.filter(({ permission }) => permits(session, permission)))
    .filter((group) => group.length > 0);
  return (
    <nav className={classes.nav} aria-label={t("shell.navigation")}>
      {allowed.map((group) => (
        <ul key={group[0]!.to}>
          {group.map(({ to, word, icon: Shape }) => (
            <li key={to}>
              <Link to={to} className={classes.link} activeOptions={{ exact: to === "/", includeSearch: false }}>
                <Shape size={17} stroke={1.7} aria-hidden="true" />
                {t(`nav.${word}`)}
                {word === "enrolment" ? <Waiting className={classes.badge ?? ""} /> : null}
              </Link>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}

/** Nothing is lost while it is away: everything live goes on from where it was. */
function LiveLost() {
  const { t } = useTranslation();
  const state = useSource(liveState);
  return (
    <div role="status">
      {state === "connected" ? null : (
        <div className={classes.lost}>
          <IconPlugConnectedX size={17} aria-hidden="true" />
          {t("shell.lost")}
        </div>
      )}
    </div>
  );
}
