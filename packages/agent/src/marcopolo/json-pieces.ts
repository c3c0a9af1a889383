/** Cuts a stream into JSON objects: the original has no delimiter and takes each read for one object (12.4). */
export interface JsonPieces {
  /** Whole objects, as text. Throws when one grows beyond the limit, or when something else than an object comes. */
  push(chunk: string): readonly string[];
}

export function jsonPieces(maxLength: number): JsonPieces {
  let kept = "";
  let depth = 0;
  let inText = false;
  let escaped = false;
  return {
    push(chunk) {
      const whole: string[] = [];
      for (const character of chunk) {
        if (depth === 0 && kept === "" && /\s/.test(character)) continue;
        if (depth === 0 && character !== "{") throw new Error("no JSON object");
        kept += character;
        if (kept.length > maxLength) throw new Error("the JSON object is too long");
        if (escaped) escaped = false;
        else if (inText && character === "\\") escaped = true;
        else if (character === '"') inText = !inText;
        else if (!inText && character === "{") depth += 1;
        else if (!inText && character === "}") depth -= 1;
        if (depth > 0) continue;
        whole.push(kept);
        kept = "";
      }
      return whole;
    },
  };
}
