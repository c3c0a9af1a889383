import type { FailureCode } from "@atalaya/client/browser";
import { failuresInEnglish } from "./failures-en.ts";
import { failuresInSpanish } from "./failures-es.ts";
import type { Language } from "./index.ts";

const titles: Readonly<Record<Language, Readonly<Record<FailureCode, string>>>> = {
  en: failuresInEnglish,
  es: failuresInSpanish,
};

/** What a failure is called; undefined for codes of a server that is newer than this page. */
export function failureTitle(code: string, language: string): string | undefined {
  const known: Readonly<Record<string, string>> = titles[language === "es" ? "es" : "en"];
  return Object.hasOwn(known, code) ? known[code] : undefined;
}
