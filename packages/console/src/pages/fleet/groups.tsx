import { ActionIcon, Button, Group, Menu, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { IconBookmark, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { tellDone } from "../../ui/notices.tsx";
import { client } from "../../api/client.ts";
import { groupsQuery } from "../../api/selector-words.ts";
import { useMay } from "../../session/session.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

/** Saved selectors: pick one, save the one at hand, forget one. */
export function Groups({ selector, onPick }: { readonly selector: string; readonly onPick: (group: string) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: groups = [] } = useQuery(groupsQuery);
  const [isSaving, setSaving] = useState(false);
  const mayChange = useMay("fleet.write");
  const remove = useMutation({
    mutationFn: (group: string) => client.delete("/api/v1/groups/{group}", { params: { path: { group } } }),
    onSuccess: async (_, group) => {
      tellDone(t("groups.removed", { group }));
      await queries.invalidateQueries({ queryKey: groupsQuery.queryKey });
    },
  });
  return (
    <>
      <Menu position="bottom-end" width={320}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconBookmark size={16} />}>
            {t("groups.title")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {groups.length === 0 ? <Menu.Label>{t("groups.none")}</Menu.Label> : null}
          {groups.map(({ name, selector: saved, description }) => (
            <Group key={name} gap={4} wrap="nowrap">
              <Menu.Item onClick={() => onPick(name)} style={{ minWidth: 0 }}>
                <strong>@{name}</strong>
                <div style={{ color: "var(--ink-soft)", fontSize: 12, overflow: "hidden", textOverflow: "ellipsis" }}>
                  {description ?? saved}
                </div>
              </Menu.Item>
              {mayChange ? (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t("groups.remove", { group: name })}
                  onClick={() => remove.mutate(name)}
                >
                  <IconTrash size={15} />
                </ActionIcon>
              ) : null}
            </Group>
          ))}
          {mayChange ? (
            <>
              <Menu.Divider />
              <Menu.Item onClick={() => setSaving(true)}>{t("groups.save")}</Menu.Item>
            </>
          ) : null}
        </Menu.Dropdown>
      </Menu>
      {isSaving ? <SaveGroup selector={selector} onClose={() => setSaving(false)} /> : null}
    </>
  );
}

function SaveGroup({ selector, onClose }: { readonly selector: string; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [text, setText] = useState(selector);
  const [description, setDescription] = useState("");
  const save = useMutation({
    mutationFn: () =>
      client.put("/api/v1/groups/{group}", {
        params: { path: { group: name } },
        body: { selector: text, ...(description === "" ? {} : { description }) },
      }),
    meta: { showsFailure: true },
    onSuccess: async () => {
      tellDone(t("groups.saved", { group: name }));
      await queries.invalidateQueries({ queryKey: groupsQuery.queryKey });
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("groups.save")}
      verb={t("groups.saveVerb")}
      isBusy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <TextInput
        label={t("groups.name")}
        required
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        leftSection="@"
      />
      <Textarea
        label={t("groups.selector")}
        required
        autosize
        mt="sm"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <TextInput
        label={t("groups.description")}
        mt="sm"
        value={description}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
