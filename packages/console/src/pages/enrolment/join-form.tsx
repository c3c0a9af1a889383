import { Button, NumberInput, Select, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { Panel } from "../../ui/page.tsx";
import { Problem } from "../../ui/problem.tsx";
import classes from "./enrolment.module.css";
import { joinTokensKey } from "./join-tokens.tsx";
import { labelsOf } from "./labels-text.ts";

const HOUR = 3_600_000;
const lifetimes = [HOUR, 8 * HOUR, 24 * HOUR, 7 * 24 * HOUR] as const;

/** Makes the one line that is typed on a machine so that it joins. */
export function JoinForm() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [uses, setUses] = useState<number | string>(1);
  const [expiresInMs, setExpires] = useState<number>(HOUR);
  const [place, setPlace] = useState("");
  const [labels, setLabels] = useState("");
  const [note, setNote] = useState("");
  const make = useMutation({
    mutationFn: () =>
      client.post("/api/v1/join-tokens", {
        body: {
          uses: Number(uses) || 1,
          expiresInMs,
          ...(place.trim() === "" ? {} : { place: place.trim() }),
          ...(labels.trim() === "" ? {} : { labels: labelsOf(labels) }),
          ...(note.trim() === "" ? {} : { note: note.trim() }),
        },
      }),
    meta: { showsFailure: true },
    onSuccess: () => queries.invalidateQueries({ queryKey: joinTokensKey }),
  });
  return (
    <Panel title={t("join.title")}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <NumberInput label={t("join.uses")} min={1} max={100_000} value={uses} onChange={setUses} />
        <Select
          label={t("join.expires")}
          allowDeselect={false}
          value={String(expiresInMs)}
          onChange={(value) => setExpires(Number(value))}
          data={lifetimes.map((ms) => ({
            value: String(ms),
            label: t(`join.hours_${(ms / HOUR) as 1 | 8 | 24 | 168}`),
          }))}
        />
        <TextInput
          label={t("join.place")}
          placeholder="centro/aula-1"
          value={place}
          onChange={(event) => setPlace(event.currentTarget.value)}
        />
        <TextInput
          label={t("join.labels")}
          placeholder="role=web rack=3"
          value={labels}
          onChange={(event) => setLabels(event.currentTarget.value)}
        />
        <TextInput label={t("join.note")} value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        <Button type="submit" loading={make.isPending}>
          {t("join.make")}
        </Button>
      </form>
      {make.error === null ? null : (
        <div className={classes.line}>
          <Problem error={make.error} />
        </div>
      )}
      {make.data === undefined ? null : (
        <div className={classes.line} role="status">
          <p className={classes.note}>{t("join.how", { count: make.data.uses })}</p>
          <CopyLine text={make.data.line} copy={t("copy")} copied={t("copied")} />
          <p className={classes.note}>{make.data.warning ?? t("join.once")}</p>
        </div>
      )}
    </Panel>
  );
}
