// Owns what a password must be, by profile: `asvs` (long, no rules of composition, no forced change) or `mlps3` (等级保护
// level 3: composition, change every 90 days, none of the last five). Pure.
// Refuses: passwords that everybody tries first, and words of the person or the place.
export const passwordProfiles = ['asvs', 'mlps3'] as const
export type PasswordProfile = (typeof passwordProfiles)[number]

export interface PasswordRules {
  least: number
  /** Of lower case, upper case, digits, others. */
  kinds: number
  /** Days after which it must be changed; null: never. */
  maxAgeDays: number | null
  /** How many earlier ones may not come again. */
  remembered: number
}

export const passwordRules: Record<PasswordProfile, PasswordRules> = {
  asvs: { least: 12, kinds: 1, maxAgeDays: null, remembered: 0 },
  mlps3: { least: 10, kinds: 3, maxAgeDays: 90, remembered: 5 },
}

/** Stems that lists of leaked passwords and vendors' manuals begin with; compared without digits and signs at the ends. */
const commonStems = (
  'password passw0rd passwd admin administrator root guest test user default welcome letmein changeme secret master login qwerty qwertyuiop asdfgh ' +
  'asdfghjkl zxcvbn zxcvbnm qazwsx qazwsxedc 1qaz2wsx iloveyou dragon monkey football baseball sunshine princess superman batman shadow michael ' +
  'abc abcdef abcdefgh abcd aaaaaa woaini hikvision hik dahua uniview admin888 tplink huawei zte axis bosch sony ubnt supervisor operator police ' +
  'gongan jingcha mima tianwang camera monitor video service system oracle mysql server'
).split(' ')

export type PasswordFault = 'too-short' | 'too-few-kinds' | 'common' | 'personal' | 'repeats' | 'used-before'

/** @param words of the person and the place: user name, police number, names. @returns null when it may be used */
export function passwordFault(profile: PasswordProfile, password: string, words: readonly string[]): PasswordFault | null {
  const { least, kinds } = passwordRules[profile]
  const text = password.normalize('NFC')
  if ([...text].length < least) return 'too-short'
  if ([/\p{Ll}/u, /\p{Lu}/u, /\p{Lo}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].filter((kind) => kind.test(text)).length < kinds) return 'too-few-kinds'
  const plain = text.toLowerCase()
  if (new Set(plain).size < 5 || isRun(plain)) return 'repeats'
  const core = plain.replace(/^[^a-z]+|[^a-z]+$/g, '')
  if (/^\d+$/.test(plain) || commonStems.includes(core) || commonStems.includes(plain)) return 'common'
  if (words.some((word) => word.length >= 4 && plain.includes(word.toLowerCase()))) return 'personal'
  return null
}

/** Characters that follow each other all the way: 1234567890ab, abcdefghijkl, or one block again and again. */
function isRun(text: string): boolean {
  const steps = [...text].slice(1).map((character, at) => (character.codePointAt(0) ?? 0) - (text.codePointAt(at) ?? 0))
  return steps.filter((step) => step === 1 || step === -1).length >= steps.length - 1 || /^(.{1,4})\1+$/.test(text)
}
