import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client, type Schemas } from "../../api/client.ts";
import { FormDialog } from "../../ui/form-dialog.tsx";
import { NameField } from "../../ui/name-field.tsx";
import { tellDone } from "../../ui/notices.tsx";

/** Keeps a deployment and its files under a name. */
export function SaveDeployment(props: {
  readonly deployment: Schemas["DeploymentDetail"];
  readonly onClose: () => void;
}) {
  const { deployment, onClose } = props;
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const save = useMutation({
    mutationFn: () =>
      client.put("/api/v1/deployments/saved/{name}", {
        params: { path: { name } },
        body: { ...deployment.spec, artifacts: deployment.artifacts },
      }),
    meta: { showsFailure: true },
    onSuccess: () => {
      tellDone(t("deploy.isSaved", { name }));
      onClose();
    },
  });
  return (
    <FormDialog
      title={t("deploy.save")}
      verb={t("save")}
      isBusy={save.isPending}
      error={save.error}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <NameField value={name} onChange={setName} />
    </FormDialog>
  );
}
