/** The watchtower with its fire. Decorative: the name stands beside it or in a label. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <path
        d="M16 1.6c2.2 2.3 3.4 4 3.4 5.8a3.4 3.4 0 0 1-6.8 0c0-1.1.5-2 1.2-2.8.3.8.8 1.2 1.3 1.3-.3-1.6 0-3 .9-4.3Z"
        fill="var(--almenara)"
      />
      <path
        d="M7 12h3.4v2.2h2.8V12h5.6v2.2h2.8V12H25v6l-1.8 1.5h-.7L24.3 30H7.7l1.8-10.5h-.7L7 18Z"
        fill="currentColor"
      />
      <path d="M14 30v-4.2a2 2 0 0 1 4 0V30Z" fill="var(--logo-gap, var(--rail))" />
      <path d="M11.4 21.2h9.2" stroke="var(--logo-gap, var(--rail))" strokeWidth="1.3" />
    </svg>
  );
}
