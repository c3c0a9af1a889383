import { foldHosts } from "@atalaya/client/browser";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { FeedState } from "./feed.ts";
import { foldOutput } from "./fold.ts";
import classes from "./folded-view.module.css";
import { Spans } from "./spans.tsx";

const SHOWN_LINES = 200;
const SHOWN_FOLDS = 100;

/** Equal outputs once, with all hosts that printed them. */
export function FoldedView({ feed }: { readonly feed: FeedState }) {
  const { t } = useTranslation();
  const folds = useMemo(() => foldOutput(feed), [feed]);
  return (
    <div className={classes.folds} tabIndex={0} role="region" aria-label={t("output.folded")}>
      {folds.slice(0, SHOWN_FOLDS).map(({ digest, hosts, lines }) => (
        <section key={`${digest} ${hosts[0]}`} className={classes.fold}>
          <div className={classes.hosts}>
            <strong>{t("confirm.hosts", { count: hosts.length })}</strong>
            <code>{foldHosts(hosts)}</code>
          </div>
          <pre className={classes.text} tabIndex={0}>
            {lines.slice(0, SHOWN_LINES).map((line, at) => (
              <div key={at} lang="" translate="no" className={line.isError ? classes.error : undefined}>
                <Spans line={line} />
                {"\n"}
              </div>
            ))}
            {lines.length > SHOWN_LINES ? (
              <div className={classes.more}>{t("output.moreLines", { count: lines.length - SHOWN_LINES })}</div>
            ) : null}
          </pre>
        </section>
      ))}
      {folds.length > SHOWN_FOLDS ? <p>{t("output.moreFolds", { count: folds.length - SHOWN_FOLDS })}</p> : null}
    </div>
  );
}
