/**
 * A table of any length: only the rows in sight are in the document. Columns and sorting are TanStack's; rows keep the
 * roles of a table, with their true numbers, so that a screen reader knows how many there are.
 */
import {
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  sortFn_alphanumeric,
  tableFeatures,
  useTable,
  type ColumnDef,
  type SortingState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { VisuallyHidden } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./data-table.module.css";

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });

export interface Column<Row> {
  readonly id: string;
  /** In the reader's language; empty over buttons. */
  readonly header: ReactNode;
  /** A width in pixels; `grow` shares what is left. */
  readonly width: number;
  readonly grow?: boolean;
  readonly align?: "end";
  /** What is sorted by; absent: cannot be sorted. */
  readonly value?: (row: Row) => string | number;
  readonly cell: (row: Row) => ReactNode;
}

export interface DataTableProps<Row> {
  /** What the table is, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
  readonly isSelected?: (row: Row) => boolean;
  readonly rowHeight?: number;
  /** As high as its rows, without scrolling of its own: for short lists. */
  readonly short?: boolean;
  /** Inside a panel that has a border. */
  readonly bare?: boolean;
  readonly sorting?: SortingState;
}

const noSorting: SortingState = [];

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowId, isSelected, rowHeight = 34, short = false, bare = false } = props;
  const { t } = useTranslation();
  const [sorting, setSorting] = useState(props.sorting ?? noSorting);
  const defined = useMemo(() => definitions(columns), [columns]);
  const table = useTable({
    features,
    columns: defined,
    data: rows,
    getRowId: rowId,
    state: { sorting },
    onSortingChange: setSorting,
  });
  const byId = useMemo(() => new Map(columns.map((column) => [column.id, column])), [columns]);
  // Narrower windows scroll: columns that shrink to nothing say nothing.
  const minWidth = columns.reduce((sum, column) => sum + leastOf(column), 0);
  const shown = sorting.length === 0 ? undefined : table.getRowModel().rows;
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    enabled: !short,
  });
  const at = (index: number): Row => shown?.[index]?.original ?? rows[index]!;
  const items = short
    ? rows.map((_, index) => ({ index, start: index * rowHeight }))
    : virtual.getVirtualItems().filter(({ index }) => index < rows.length);

  return (
    <div
      ref={frame}
      className={`${classes.frame} ${short ? classes.short : ""} ${bare ? classes.bare : ""}`}
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      tabIndex={short ? undefined : 0}
    >
      <div role="rowgroup" className={classes.head}>
        <div role="row" style={{ display: "flex", width: "100%", minWidth }} aria-rowindex={1}>
          {table.getFlatHeaders().map((header) => {
            const column = byId.get(header.id)!;
            const sorted = header.column.getIsSorted();
            return (
              <div
                key={header.id}
                role="columnheader"
                className={`${classes.headCell} ${column.align === "end" ? classes.end : ""}`}
                style={widthOf(column)}
                aria-sort={sorted === false ? undefined : sorted === "asc" ? "ascending" : "descending"}
              >
                {column.header === "" ? (
                  <VisuallyHidden>{t("actions")}</VisuallyHidden>
                ) : column.value === undefined ? (
                  column.header
                ) : (
                  <button type="button" className={classes.sort} onClick={header.column.getToggleSortingHandler()}>
                    {column.header}
                    {sorted === "asc" ? (
                      <IconArrowUp size={12} />
                    ) : sorted === "desc" ? (
                      <IconArrowDown size={12} />
                    ) : null}
                  </button>
                )}
              </div>
            );
          })}
        </div>
      </div>
      <div
        role="rowgroup"
        className={classes.space}
        style={{ height: short ? rows.length * rowHeight : virtual.getTotalSize(), minWidth }}
      >
        {items.map(({ index, start }) => {
          const row = at(index);
          return (
            <div
              key={rowId(row)}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={isSelected?.(row)}
              className={classes.row}
              style={{ height: rowHeight, transform: `translateY(${start}px)` }}
            >
              {columns.map((column) => (
                <div
                  key={column.id}
                  role="cell"
                  className={`${classes.cell} ${column.align === "end" ? classes.end : ""}`}
                  style={widthOf(column)}
                >
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function widthOf<Row>(column: Column<Row>): { readonly flex: string; readonly minWidth: number } {
  const { width, grow = false } = column;
  return { flex: grow ? `1 1 ${width}px` : `0 0 ${width}px`, minWidth: leastOf(column) };
}

/** What grows may also give way, but not to nothing. */
function leastOf<Row>({ width, grow = false }: Column<Row>): number {
  return grow ? Math.round(width * 0.6) : width;
}

function definitions<Row extends object>(columns: readonly Column<Row>[]): ColumnDef<typeof features, Row, unknown>[] {
  const helper = createColumnHelper<typeof features, Row>();
  return columns.map(({ id, value }) =>
    value === undefined
      ? helper.display({ id, enableSorting: false })
      : helper.accessor((row) => value(row), { id, sortFn: sortFn_alphanumeric }),
  ) as ColumnDef<typeof features, Row, unknown>[];
}
