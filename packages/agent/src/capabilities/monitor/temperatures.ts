import type { Sample } from "@atalaya/protocol";
import type { MachineFiles } from "./machine-files.ts";
import { parseCelsius } from "./proc.ts";

const MOST = 64;

/** What the machine's sensors say (hwmon, or thermal zones where there is none). */
export function temperaturesOf({ text, list }: MachineFiles): NonNullable<Sample["temperatures"]> {
  const found: { name: string; celsius: number }[] = [];
  const add = (name: string, value: string | undefined): void => {
    const celsius = parseCelsius(value);
    if (celsius !== undefined && found.length < MOST) found.push({ name: name.trim().slice(0, 256), celsius });
  };
  for (const chip of list("sys/class/hwmon").slice(0, MOST)) {
    const folder = `sys/class/hwmon/${chip}`;
    const title = text(`${folder}/name`)?.trim() ?? chip;
    for (const file of list(folder).filter((name) => /^temp\d+_input$/.test(name))) {
      const label = text(`${folder}/${file.replace("_input", "_label")}`)?.trim();
      add(label === undefined ? title : `${title} ${label}`, text(`${folder}/${file}`));
    }
  }
  // Thermal zones are the same chips again where there are hwmon ones.
  if (found.length === 0) {
    for (const zone of list("sys/class/thermal")
      .filter((name) => name.startsWith("thermal_zone"))
      .slice(0, MOST))
      add(text(`sys/class/thermal/${zone}/type`) ?? zone, text(`sys/class/thermal/${zone}/temp`));
  }
  return found;
}
