/** The order people expect of names: `pc-2` before `pc-10`, without regard to case; total, so that sorting is stable everywhere. */
export function compareNames(a: string, b: string): number {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if (isDigit(a, i) && isDigit(b, j)) {
      const left = skipZeros(a, i);
      const right = skipZeros(b, j);
      const leftEnd = skipDigits(a, left);
      const rightEnd = skipDigits(b, right);
      if (leftEnd - left !== rightEnd - right) return leftEnd - left - (rightEnd - right);
      for (let at = 0; at < leftEnd - left; at++) {
        const order = a.charCodeAt(left + at) - b.charCodeAt(right + at);
        if (order !== 0) return order;
      }
      i = leftEnd;
      j = rightEnd;
    } else {
      const order = lower(a.charCodeAt(i)) - lower(b.charCodeAt(j));
      if (order !== 0) return order;
      i += 1;
      j += 1;
    }
  }
  // What is equal but for zeros or case is still not the same name.
  return a.length - i - (b.length - j) || (a < b ? -1 : a > b ? 1 : 0);
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

function skipZeros(text: string, at: number): number {
  // One zero stays where nothing else follows it.
  while (text.charCodeAt(at) === 48 && isDigit(text, at + 1)) at += 1;
  return at;
}

function skipDigits(text: string, at: number): number {
  while (isDigit(text, at)) at += 1;
  return at;
}

function lower(code: number): number {
  return code >= 65 && code <= 90 ? code + 32 : code;
}
