/** Command lines typed in this browser, the newest first; kept in it and nowhere else. */
const KEPT = "atalaya.commands";
const MAX = 100;

export function commandHistory(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter((line) => typeof line === "string").slice(0, MAX) : [];
  } catch {
    return [];
  }
}

export function remember(line: string): readonly string[] {
  const lines = [line, ...commandHistory().filter((other) => other !== line)].slice(0, MAX);
  localStorage.setItem(KEPT, JSON.stringify(lines));
  return lines;
}
