import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { en } from "./en.ts";
import { es } from "./es.ts";

export const languages = { en: "English", es: "Español" } as const;
export type Language = keyof typeof languages;

const KEPT = "atalaya.language";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "words";
    resources: { words: typeof en };
  }
}

/** What was chosen here before, or else what the browser prefers. */
export function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "es") return kept;
  return navigator.languages.find((language) => /^(en|es)\b/.test(language))?.startsWith("es") === true ? "es" : "en";
}

export async function startWords(): Promise<void> {
  await i18next.use(initReactI18next).init({
    resources: { en: { words: en }, es: { words: es } },
    lng: preferredLanguage(),
    fallbackLng: "en",
    ns: ["words"],
    defaultNS: "words",
    // React writes text as text.
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = i18next.language;
}

export function speak(language: Language): void {
  localStorage.setItem(KEPT, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}
