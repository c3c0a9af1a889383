import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Logo } from "../../ui/logo.tsx";
import classes from "./sign-in.module.css";

/** Towers on their hills at night, each in sight of the next: how the coast was watched, and what this program is for. */
export function Scene({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div className={classes.scene}>
      <header className={classes.night}>
        <div className={classes.brand}>
          <Logo size={34} />
          Atalaya
        </div>
        <Hills />
        <p className={classes.motto}>{t("signIn.motto")}</p>
      </header>
      <main className={classes.side}>{children}</main>
    </div>
  );
}

const tower = "M-9 0l2.2-34h-1.6l-2.6-3.4v-10h5v4.6h4v-4.6h4v4.6h4v-4.6h5v10L8.4-34H6.8L9 0Z";

function Tower({
  x,
  y,
  scale,
  lit,
}: {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly lit: number;
}) {
  return (
    <g transform={`translate(${x} ${y}) scale(${scale})`}>
      <circle cy={-56} r={26} fill="#f0a93b" opacity={0.1 * lit} />
      <circle cy={-55} r={13} fill="#f0a93b" opacity={0.22 * lit} />
      <path
        d="M0-68c4.4 4.6 6.8 8 6.8 11.6a6.8 6.8 0 0 1-13.6 0c0-2.2 1-4 2.4-5.6.6 1.6 1.6 2.4 2.6 2.6-.6-3.2 0-6 1.8-8.6Z"
        fill="#f0a93b"
        opacity={lit}
      />
      <path d={tower} fill="#0b0f2a" />
    </g>
  );
}

function Hills() {
  return (
    <svg className={classes.hills} viewBox="0 0 900 420" preserveAspectRatio="xMidYMax slice" aria-hidden="true">
      <path d="M0 250 C120 190 230 215 330 236 S560 160 680 196 S840 240 900 214 V420 H0Z" fill="#222e6b" />
      <Tower x={676} y={199} scale={0.62} lit={0.75} />
      <path d="M0 320 C100 262 190 250 300 292 S520 330 640 288 S820 262 900 300 V420 H0Z" fill="#182050" />
      <Tower x={196} y={263} scale={1} lit={0.9} />
      <path d="M0 392 C160 340 320 372 470 352 S760 318 900 372 V420 H0Z" fill="#0f1538" />
      <Tower x={520} y={350} scale={1.55} lit={1} />
    </svg>
  );
}
