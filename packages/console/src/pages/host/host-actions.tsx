import { Button, Menu, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { IconDots, IconEdit } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import type { HostDetail } from "../../api/hosts.ts";
import { useMay } from "../../session/session.tsx";
import { ConfirmHosts } from "../../ui/confirm-hosts.tsx";
import { tellDone } from "../../ui/notices.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { labelChanges } from "./label-changes.ts";

/** Rename, place, label; merge by hand; forget. */
export function HostActions({ host }: { readonly host: HostDetail }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const mayChange = useMay("fleet.write");
  const [open, setOpen] = useState<"edit" | "forget">();
  const forget = useMutation({
    mutationFn: () => client.delete("/api/v1/hosts/{host}", { params: { path: { host: host.id } } }),
    onSuccess: () => {
      tellDone(t("host.forgotten", { name: host.name }));
      void navigate({ to: "/hosts" });
    },
  });
  const why = mayChange ? undefined : t("mayNot");
  return (
    <>
      <Button
        variant="default"
        disabled={!mayChange}
        title={why}
        leftSection={<IconEdit size={16} />}
        onClick={() => setOpen("edit")}
      >
        {t("host.edit")}
      </Button>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" px={9} disabled={!mayChange} aria-label={t("more")}>
            <IconDots size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item color="red" disabled={host.state === "online"} onClick={() => setOpen("forget")}>
            {host.state === "online" ? t("host.forgetOnline") : t("host.forget")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {open === "edit" ? <EditHost host={host} onClose={() => setOpen(undefined)} /> : null}
      {open === "forget" ? (
        <ConfirmHosts
          title={t("host.forget")}
          text={t("fleet.bulk_forget_text")}
          names={[host.name]}
          verb={t("fleet.bulk_forget_verb")}
          isDangerous
          threshold={10}
          isBusy={forget.isPending}
          onConfirm={() => forget.mutate()}
          onClose={() => setOpen(undefined)}
        />
      ) : null}
    </>
  );
}

function EditHost({ host, onClose }: { readonly host: HostDetail; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(host.name);
  const [place, setPlace] = useState(host.place ?? "");
  const [labels, setLabels] = useState(() =>
    Object.entries(host.labels).map(([key, value]) => (value === "" ? key : `${key}=${value}`)),
  );
  const save = useMutation({
    mutationFn: () =>
      client.patch("/api/v1/hosts/{host}", {
        params: { path: { host: host.id } },
        body: {
          ...(name === host.name ? {} : { name }),
          ...(place === (host.place ?? "") ? {} : { place: place === "" ? null : place }),
          labels: labelChanges(host.labels, labels),
        },
      }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      onClose();
      tellDone(t("host.saved", { name }));
      if (name !== host.name) await navigate({ to: "/hosts/$host", params: { host: name }, replace: true });
      await queries.invalidateQueries({ queryKey: ["host"] });
    },
  });
  return (
    <FormDialog
      title={t("host.edit")}
      verb={t("save")}
      isBusy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
      <TextInput
        mt="sm"
        label={t("fleet.place")}
        placeholder="centro/aula-1"
        value={place}
        onChange={(event) => setPlace(event.currentTarget.value)}
      />
      <TagsInput
        mt="sm"
        label={t("fleet.labels")}
        description={t("host.labelsHint")}
        value={labels}
        onChange={setLabels}
        splitChars={[",", " "]}
      />
    </FormDialog>
  );
}
