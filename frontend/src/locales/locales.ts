// Owns the console's languages: collects `locales/<language>/<topic>.json`, remembers the choice, names the window.
// Refuses: text outside these files, and a key that only one language has (npm run check compares them).
import { watch } from 'vue'
import { createI18n } from 'vue-i18n'

export const languages = ['zh-CN', 'en'] as const
export type Language = (typeof languages)[number]
interface Words {
  [key: string]: string | Words
}

const files = import.meta.glob<Words>('./*/*.json', { eager: true, import: 'default' })
const storageKey = 'tianwang.language'

function wordsOf(language: Language): Words {
  const words: Words = {}
  for (const [path, topic] of Object.entries(files)) {
    const [, folder, name] = /^\.\/([^/]+)\/([^/]+)\.json$/.exec(path) ?? []
    if (folder === language && name !== undefined) words[name] = topic
  }
  return words
}

export function createLocales() {
  const remembered = languages.find((language) => language === localStorage.getItem(storageKey)) ?? 'zh-CN'
  const i18n = createI18n({
    legacy: false,
    locale: remembered,
    fallbackLocale: 'zh-CN',
    messages: { 'zh-CN': wordsOf('zh-CN'), en: wordsOf('en') },
  })
  const { t, locale } = i18n.global
  let titleKey = 'common.product'
  const nameWindow = (key: string) => {
    titleKey = key
    document.title = key === 'common.product' ? t('common.product') : `${t(key)} - ${t('common.product')}`
  }
  watch(
    locale,
    (language) => {
      localStorage.setItem(storageKey, language)
      document.documentElement.lang = language
      nameWindow(titleKey)
    },
    { immediate: true },
  )
  return { i18n, nameWindow }
}
