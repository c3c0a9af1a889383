import { Progress, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { tellDone } from "../../ui/notices.tsx";
import { client, type Schemas } from "../../api/client.ts";
import type { Host } from "../../api/hosts.ts";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { Problem } from "../../ui/problem.tsx";

export type BulkKind = "label" | "unlabel" | "place" | "forget";

/** Above so many hosts their number must be typed. */
export const CONFIRM_ABOVE = 20;
/** Changes under way at once. */
const AT_ONCE = 8;

interface Outcome {
  readonly done: number;
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
}

/** One change to many hosts, one request each: what failed is told by name, the rest stands. */
export function BulkEdit(props: {
  readonly kind: BulkKind;
  readonly hosts: readonly Host[];
  readonly onClose: () => void;
}) {
  const { kind, onClose } = props;
  const { t } = useTranslation();
  const [hosts] = useState(() =>
    kind === "forget" ? props.hosts.filter(({ state }) => state !== "online") : props.hosts,
  );
  const [text, setText] = useState("");
  const [{ done, failed }, setOutcome] = useState<Outcome>({ done: 0, failed: [] });
  const change = useMutation({
    mutationFn: async () => {
      const waiting = [...hosts];
      const failures: { name: string; error: unknown }[] = [];
      let count = 0;
      const worker = async () => {
        for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
          await apply(kind, host, text.trim()).catch((error: unknown) => failures.push({ name: host!.name, error }));
          setOutcome({ done: ++count, failed: [...failures] });
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      return failures.length;
    },
    onSuccess: (failures) => {
      if (failures > 0) return;
      tellDone(t("fleet.changed", { count: hosts.length }));
      onClose();
    },
  });
  return (
    <ConfirmHosts
      title={t(`fleet.bulk_${kind}`)}
      text={t(`fleet.bulk_${kind}_text`)}
      names={hosts.map(({ name }) => name)}
      verb={t(`fleet.bulk_${kind}_verb`)}
      isDangerous={kind === "forget"}
      threshold={kind === "forget" ? 0 : CONFIRM_ABOVE}
      isBusy={change.isPending}
      onConfirm={() => change.mutate()}
      onClose={onClose}
    >
      {kind === "forget" ? null : (
        <TextInput
          mt="sm"
          label={t(`fleet.bulk_${kind}_field`)}
          placeholder={kind === "label" ? "role=web" : kind === "place" ? "centro/aula-1" : "role"}
          required={kind !== "place"}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
      )}
      {change.isPending ? (
        <Progress mt="sm" value={(100 * done) / hosts.length} aria-label={t("fleet.progress")} />
      ) : null}
      {failed.length === 0 ? null : (
        <Problem error={failed[0]!.error}>
          <p>{t("fleet.notChanged", { count: failed.length, names: failed.map(({ name }) => name).join(", ") })}</p>
        </Problem>
      )}
    </ConfirmHosts>
  );
}

async function apply(kind: BulkKind, { id }: Host, text: string): Promise<void> {
  const params = { path: { host: id } };
  if (kind === "forget") await client.delete("/api/v1/hosts/{host}", { params });
  else await client.patch("/api/v1/hosts/{host}", { params, body: patchOf(kind, text) });
}

function patchOf(kind: "label" | "unlabel" | "place", text: string): Schemas["HostPatch"] {
  if (kind === "place") return { place: text === "" ? null : text };
  const [key = "", ...value] = text.split("=");
  return { labels: { [key.trim()]: kind === "unlabel" ? null : value.join("=").trim() } };
}
