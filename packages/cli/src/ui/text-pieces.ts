/**
 * Bytes that come in chunks, as text where they are UTF-8. A character that a chunk cuts in two waits for its other
 * half, so that base64 is left for what is no text at all.
 */
export type Piece = { readonly text: string } | { readonly base64: string };

export interface TextPieces {
  add(key: string, bytes: Uint8Array): readonly Piece[];
  /** What still waits: half a character that nothing follows. */
  end(key: string): readonly Piece[];
}

export function textPieces(): TextPieces {
  const halves = new Map<string, Uint8Array>();
  return {
    add(key, bytes) {
      const half = halves.get(key);
      halves.delete(key);
      const all = half === undefined ? bytes : Buffer.concat([half, bytes]);
      const whole = all.length - unfinishedAtEnd(all);
      if (whole < all.length) halves.set(key, Uint8Array.from(all.subarray(whole)));
      return whole === 0 ? [] : [pieceOf(all.subarray(0, whole))];
    },
    end(key) {
      const half = halves.get(key);
      halves.delete(key);
      return half === undefined ? [] : [pieceOf(half)];
    },
  };
}

/** How many bytes at the end begin a character that does not end here (RFC 3629, 3). */
function unfinishedAtEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0b1100_0000) === 0b1000_0000) continue;
    const needs = byte >= 0xf0 && byte <= 0xf4 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 1;
    return byte <= 0xf4 && needs > back ? back : 0;
  }
  return 0;
}

function pieceOf(bytes: Uint8Array): Piece {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") };
  }
}
