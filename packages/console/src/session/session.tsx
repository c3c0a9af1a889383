import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, type ReactNode } from "react";
import { signedOut } from "../api/client.ts";
import { useSource } from "../api/source.ts";
import { readSession, type Session } from "./session-api.ts";

export const sessionKey = ["session"] as const;

const Current = createContext<Session | undefined>(undefined);

/** Asks who is signed in, again whenever an answer says that nobody is. `undefined` while it is not known. */
export function useSessionQuery() {
  const queries = useQueryClient();
  const times = useSource(signedOut);
  useEffect(() => {
    if (times > 0) void queries.invalidateQueries({ queryKey: sessionKey });
  }, [times, queries]);
  return useQuery({
    queryKey: sessionKey,
    queryFn: readSession,
    staleTime: 60_000,
    retry: 2,
  });
}

export function SessionProvider({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  return <Current value={session}>{children}</Current>;
}

export function useSession(): Session {
  const session = use(Current);
  if (session === undefined) throw new Error("Nobody is signed in here.");
  return session;
}

/** A server newer than this page may know more permissions. */
export function permits(session: Session, permission: string | undefined): boolean {
  const { permissions }: { readonly permissions: readonly string[] } = session.actor;
  return permission === undefined || permissions.includes(permission);
}

/** Whether whoever is signed in may do something. The server decides; this only explains before it is tried. */
export function useMay(permission: string): boolean {
  return permits(useSession(), permission);
}
