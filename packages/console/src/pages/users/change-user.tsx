import { Button, Select, Switch, TagsInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { placesQuery } from "../../api/selector-words.ts";
import { tellDone } from "../../ui/notices.tsx";
import { FormDialog } from "../../ui/form-dialog.tsx";

type User = Schemas["User"];
type Role = NonNullable<User["role"]>;

const BY_GROUPS = "groups";

/** What an administrator says of a person. It holds at once: their sessions end when less is theirs. */
export function ChangeUser({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { data: places = [] } = useQuery(placesQuery);
  const [role, setRole] = useState<Role | typeof BY_GROUPS>(user.override?.role ?? BY_GROUPS);
  const given = user.override?.places;
  const [where, setWhere] = useState<"groups" | "everywhere" | "some">(
    given === undefined ? "groups" : given === "everywhere" ? "everywhere" : "some",
  );
  const [some, setSome] = useState<string[]>(Array.isArray(given) ? [...given] : []);
  const [isBlocked, setBlocked] = useState(user.blocked !== undefined);
  const params = { path: { user: user.id } };
  const finish = async () => {
    await queries.invalidateQueries({ queryKey: ["users"] });
    tellDone(t("users.changed", { name: user.name }));
    onClose();
  };
  const save = useMutation({
    mutationFn: () =>
      client.patch("/api/v1/users/{user}", {
        params,
        body: {
          role: role === BY_GROUPS ? null : role,
          places: where === "groups" ? null : where === "everywhere" ? "everywhere" : some,
          blocked: isBlocked,
        },
      }),
    meta: { showsFailure: true },
    onSuccess: finish,
  });
  const reset = useMutation({
    mutationFn: () => client.delete("/api/v1/users/{user}/second-factor", { params }),
    meta: { showsFailure: true },
    onSuccess: finish,
  });
  const error = save.error ?? reset.error;
  return (
    <FormDialog
      title={user.name}
      verb={t("save")}
      isBusy={save.isPending}
      error={error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
      aside={
        <Button
          variant="default"
          color="red"
          disabled={user.secondFactor !== "set"}
          loading={reset.isPending}
          onClick={() => reset.mutate()}
        >
          {t("users.resetFactor")}
        </Button>
      }
    >
      <Select
        label={t("tokens.role")}
        allowDeselect={false}
        value={role}
        onChange={(value) => setRole(value as typeof role)}
        data={[
          { value: BY_GROUPS, label: t("users.byGroups") },
          ...(["user", "viewer", "operator", "admin"] as const).map((value) => ({
            value,
            label: t(`roles.${value}`),
          })),
        ]}
      />
      <Select
        mt="sm"
        label={t("fleet.place")}
        allowDeselect={false}
        value={where}
        onChange={(value) => setWhere(value as typeof where)}
        data={[
          { value: "groups", label: t("users.byGroups") },
          { value: "everywhere", label: t("tokens.everywhere") },
          { value: "some", label: t("users.somePlaces") },
        ]}
      />
      {where === "some" ? (
        <TagsInput
          mt="sm"
          label={t("tokens.places")}
          value={some}
          onChange={setSome}
          data={places.map(({ path }) => path)}
        />
      ) : null}
      <Switch
        mt="md"
        label={t("users.block")}
        description={t("users.blockText")}
        checked={isBlocked}
        onChange={(event) => setBlocked(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
