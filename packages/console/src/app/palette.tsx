import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from "@mantine/spotlight";
import { useNavigate } from "@tanstack/react-router";
import { IconSearch, IconServer2 } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hostsNamed } from "../api/hosts.ts";
import { permits, useSession } from "../session/session.tsx";
import { destinations } from "./destinations.ts";

/** Ctrl K: go to any view, or to a host by a part of its name. */
export function Palette() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const session = useSession();
  const [query, setQuery] = useState("");
  const [asked] = useDebouncedValue(query.trim(), 150);
  const { data: hosts = [] } = useQuery({
    ...hostsNamed(asked),
    enabled: asked.length > 0 && permits(session, "fleet.read"),
  });
  const views: readonly SpotlightActionData[] = destinations
    .flat()
    .filter(({ permission }) => permits(session, permission))
    .map(({ to, word, icon: Shape }) => ({
      id: to,
      label: t(`nav.${word}`),
      leftSection: <Shape size={18} stroke={1.6} />,
      onClick: () => void navigate({ to }),
    }));
  const found: readonly SpotlightActionData[] = hosts.map(({ id, name, place, state }) => ({
    id,
    label: name,
    description: [t(`states.${state}`), ...(place === null ? [] : [place])].join(" · "),
    // The server has chosen: its patterns know more than the filter here.
    keywords: [query],
    leftSection: <IconServer2 size={18} stroke={1.6} />,
    onClick: () => void navigate({ to: "/hosts/$host", params: { host: name } }),
  }));
  const actions: SpotlightActionGroupData[] = [
    { group: t("palette.views"), actions: [...views] },
    { group: t("palette.hosts"), actions: [...found] },
  ];
  return (
    <Spotlight
      actions={actions}
      query={query}
      onQueryChange={setQuery}
      shortcut="mod + K"
      tagsToIgnore={[]}
      nothingFound={t("palette.nothing")}
      limit={14}
      searchProps={{
        leftSection: <IconSearch size={18} />,
        placeholder: t("palette.placeholder"),
        "aria-label": t("palette.placeholder"),
        onKeyDown: (event) => {
          // Enter means the first, unless another was chosen with the arrows.
          const action = ".mantine-Spotlight-action";
          if (event.key === "Enter" && document.querySelector(`${action}[data-selected]`) === null)
            document.querySelector<HTMLElement>(action)?.click();
        },
      }}
    />
  );
}
