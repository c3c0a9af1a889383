/** `7.3 %`, `64 %`; of a share between 0 and 1. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;
}
