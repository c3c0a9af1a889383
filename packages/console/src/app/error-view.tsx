import { Button } from "@mantine/core";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { IconCompass } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Empty } from "../ui/empty.tsx";
import { Page } from "../ui/page.tsx";
import { Problem } from "../ui/problem.tsx";

/** A view that broke takes nothing else with it. */
export function ErrorView({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation();
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title={t("broken.title")}>
      <Problem error={error}>
        <Button mt="sm" variant="default" onClick={again}>
          {t("broken.again")}
        </Button>
      </Problem>
    </Page>
  );
}

export function NothingHere() {
  const { t } = useTranslation();
  return (
    <Page title={t("nothing.title")}>
      <Empty icon={IconCompass} title={t("nothing.empty")} text={t("nothing.text")} />
    </Page>
  );
}
