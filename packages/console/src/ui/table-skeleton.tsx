import { Skeleton } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** Where a table will stand in a moment. */
export function TableSkeleton({ rows = 8 }: { readonly rows?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t("loading")}>
      {Array.from({ length: rows }, (_, at) => (
        <Skeleton key={at} h={22} mb={12} width={`${96 - ((at * 13) % 30)}%`} />
      ))}
    </div>
  );
}
