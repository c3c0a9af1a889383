import { Button, Group, Modal, Select, TagsInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import { placesQuery } from "../../api/selector-words.ts";
import { CopyLine } from "../../ui/copy-line.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";

const DAY = 86_400_000;
const lifetimes = [1, 30, 90, 365, 0] as const;
const roles = ["viewer", "operator", "admin"] as const;

/** Makes an API token and shows it, once. */
export function NewToken({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: places = [] } = useQuery(placesQuery);
  const [name, setName] = useState("");
  const [role, setRole] = useState<(typeof roles)[number]>("viewer");
  const [limits, setLimits] = useState<string[]>([]);
  const [days, setDays] = useState<number>(90);
  const make = useMutation({
    mutationFn: () =>
      client.post("/api/v1/api-tokens", {
        body: {
          name,
          role,
          ...(limits.length === 0 ? {} : { places: limits }),
          ...(days === 0 ? {} : { expiresInMs: days * DAY }),
        },
      }),
    meta: { showsFailure: true },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["api-tokens"] }),
  });
  if (make.data !== undefined)
    return (
      <Modal opened onClose={onClose} title={t("tokens.make")} closeOnClickOutside={false}>
        <p style={{ marginTop: 0 }}>{t("tokens.once")}</p>
        <CopyLine text={make.data.token} copy={t("copy")} copied={t("copied")} />
        <Group justify="flex-end" mt="lg">
          <Button onClick={onClose}>{t("done")}</Button>
        </Group>
      </Modal>
    );
  return (
    <FormDialog
      title={t("tokens.make")}
      verb={t("tokens.makeVerb")}
      isBusy={make.isPending}
      error={make.error}
      onSubmit={() => make.mutate()}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
      <Select
        mt="sm"
        label={t("tokens.role")}
        allowDeselect={false}
        value={role}
        onChange={(value) => setRole(value as typeof role)}
        data={roles.map((value) => ({ value, label: t(`roles.${value}`) }))}
      />
      <TagsInput
        mt="sm"
        label={t("tokens.places")}
        description={t("tokens.placesHint")}
        value={limits}
        onChange={setLimits}
        data={places.map(({ path }) => path)}
      />
      <Select
        mt="sm"
        label={t("join.expires")}
        allowDeselect={false}
        value={String(days)}
        onChange={(value) => setDays(Number(value))}
        data={lifetimes.map((value) => ({
          value: String(value),
          label: value === 0 ? t("tokens.forever") : t("tokens.days", { count: value }),
        }))}
      />
    </FormDialog>
  );
}
