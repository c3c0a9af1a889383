/** `role=web rack=3 frozen`, parted by spaces or commas, as labels. */
export function labelsOf(text: string): Readonly<Record<string, string>> {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  return Object.fromEntries(
    words.map((word) => {
      const [key = "", ...value] = word.split("=");
      return [key, value.join("=")];
    }),
  );
}
