/**
 * Whom an address stands for when somebody is counted: one customer has at least a /64 of IPv6 (RFC 6177), so single
 * addresses there tell nothing.
 */
export function networkOf(address: string): string {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  const [before = "", after] = address.split("%", 1)[0]!.split("::");
  const groups = before.split(":").filter((group) => group !== "");
  const last = (after ?? "").split(":").filter((group) => group !== "");
  while (after !== undefined && groups.length + last.length < 8) groups.push("0");
  return [...groups, ...last].slice(0, 4).join(":");
}
