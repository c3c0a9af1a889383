import { Button, Group, Modal, NumberInput, Text, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { IconExternalLink } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { client } from "../../api/client.ts";
import type { HostDetail } from "../../api/hosts.ts";
import { useMay } from "../../session/session.tsx";
import { Problem } from "../../ui/problem.tsx";

/** A web service of this host, in a window and at an origin of its own. */
export function OpenService({ host }: { readonly host: HostDetail }) {
  const { t } = useTranslation();
  const mayOpen = useMay("relay.open");
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <Button
        variant="default"
        disabled={!mayOpen || host.state !== "online"}
        title={mayOpen ? undefined : t("mayNot")}
        leftSection={<IconExternalLink size={16} />}
        onClick={() => setIsOpen(true)}
      >
        {t("host.openService")}
      </Button>
      {isOpen ? <Service host={host} onClose={() => setIsOpen(false)} /> : null}
    </>
  );
}

function Service({ host, onClose }: { readonly host: HostDetail; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [port, setPort] = useState<number | string>(80);
  const [path, setPath] = useState("/");
  const invite = useMutation({
    mutationFn: () =>
      client.post("/api/v1/hosts/{host}/relays", {
        params: { path: { host: host.id } },
        body: { port: Number(port), path: path.startsWith("/") ? path : `/${path}` },
      }),
  });
  return (
    <Modal opened onClose={onClose} title={t("host.openService")}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          invite.mutate();
        }}
      >
        <Text size="sm">{t("host.openServiceText", { name: host.name })}</Text>
        <NumberInput
          mt="sm"
          label={t("host.servicePort")}
          value={port}
          onChange={setPort}
          min={1}
          max={65_535}
          allowDecimal={false}
          required
          data-autofocus
        />
        <TextInput
          mt="sm"
          label={t("host.servicePath")}
          value={path}
          onChange={({ currentTarget }) => setPath(currentTarget.value)}
        />
        {invite.error === null ? null : <Problem error={invite.error} />}
        <Group mt="md" justify="flex-end">
          <Button type="submit" variant={invite.data === undefined ? "filled" : "default"} loading={invite.isPending}>
            {t("host.serviceWay")}
          </Button>
          {invite.data === undefined ? null : (
            // A link that the person follows: no window that a browser would hold back. It is good once.
            <Button component="a" href={invite.data.url} target="_blank" rel="noreferrer" onClick={onClose}>
              {new URL(invite.data.origin).hostname}
            </Button>
          )}
        </Group>
      </form>
    </Modal>
  );
}
