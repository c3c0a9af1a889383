/** RFC 7617. Undefined without the header, or for another scheme, or what cannot be read. */
export function basicOf(
  header: string | undefined,
): { readonly serialKey: string; readonly token: string } | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]{1,2048})$/i.exec(header?.trim() ?? "")?.[1];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 1 ? undefined : { serialKey: text.slice(0, colon), token: text.slice(colon + 1) };
}
