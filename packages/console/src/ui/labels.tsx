import classes from "./labels.module.css";

/** Labels of a host, in the order of their keys. */
export function Labels({ labels }: { readonly labels: Readonly<Record<string, string>> }) {
  return (
    <span className={classes.labels}>
      {Object.entries(labels)
        .toSorted(([a], [b]) => a.localeCompare(b))
        .map(([key, value]) => (
          <span key={key} className={classes.label}>
            {key}
            {value === "" ? null : <span className={classes.value}>={value}</span>}
          </span>
        ))}
    </span>
  );
}
