import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSource } from "../../api/source.ts";
import { outputOfJob } from "../../output/feed.ts";
import { FoldedView } from "../../output/folded-view.tsx";
import { LogView } from "../../output/log-view.tsx";
import { Problem } from "../../ui/problem.tsx";

export interface JobOutputProps {
  readonly job: string;
  readonly isFolded: boolean;
  readonly onFold: (isFolded: boolean) => void;
}

/** All output of a job: as it comes, line by line with its host, or equal outputs as one. */
export function JobOutput({ job, isFolded, onFold }: JobOutputProps) {
  const { t } = useTranslation();
  const source = useMemo(() => outputOfJob(job), [job]);
  const feed = useSource(source);
  const choice = (
    <SegmentedControl
      size="xs"
      aria-label={t("output.how")}
      value={isFolded ? "folded" : "lines"}
      onChange={(value) => onFold(value === "folded")}
      data={[
        { value: "lines", label: t("output.byLine") },
        { value: "folded", label: t("output.folded") },
      ]}
    />
  );
  return (
    <>
      {feed.failure === undefined ? null : <Problem error={feed.failure} />}
      {isFolded ? (
        <>
          <div style={{ marginBottom: 8 }}>{choice}</div>
          <FoldedView feed={feed} />
        </>
      ) : (
        <LogView
          feed={feed}
          showHosts
          label={t("job.output")}
          empty={feed.isDone ? t("output.nothing") : t("output.waiting")}
          tools={choice}
        />
      )}
    </>
  );
}
