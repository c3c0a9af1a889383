import { Loader } from "@mantine/core";
import { Navigate, useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SessionProvider, useSessionQuery } from "../session/session.tsx";
import { Problem } from "../ui/problem.tsx";
import { Shell } from "./shell.tsx";

/** Only who is signed in comes further; others sign in first and then come back to where they wanted to go. */
export function Gate() {
  const { t } = useTranslation();
  const { data: session, error } = useSessionQuery();
  const here = useRouterState({ select: ({ location }) => location.href });
  if (session === null) {
    // Already on the way there, while its view is being fetched.
    if (here.startsWith("/sign-in")) return null;
    return <Navigate to="/sign-in" search={here === "/" ? {} : { next: here }} replace />;
  }
  if (session !== undefined) {
    return (
      <SessionProvider session={session}>
        <Shell />
      </SessionProvider>
    );
  }
  return (
    <main style={{ display: "grid", placeItems: "center", height: "100%", padding: 24 }}>
      {error === null ? <Loader aria-label={t("loading")} type="dots" /> : <Problem error={error} />}
    </main>
  );
}
