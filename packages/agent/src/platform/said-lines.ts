/**
 * The whole JSON lines of a text that another process appends to, and how many characters they took. What `parse` refuses
 * is skipped: a line that a full disk or a crash cut off, or that whoever may write there made up.
 */
export function saidLines<Said>(
  text: string,
  parse: (line: unknown) => Said,
): { readonly said: readonly Said[]; readonly taken: number } {
  const taken = text.lastIndexOf("\n") + 1;
  const said: Said[] = [];
  for (const line of text.slice(0, taken).split("\n")) {
    if (line === "") continue;
    try {
      said.push(parse(JSON.parse(line)));
    } catch {
      // Skipped, as said above.
    }
  }
  return { said, taken };
}
