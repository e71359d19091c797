// Owns where to go after sign-in: only a path of this console, never another site.

/** Any origin that is not another's: what a browser makes of the path must stay on it. */
const here = 'http://console.invalid'

export function safeNext(next: unknown): string {
  if (typeof next !== 'string' || !/^\/(?![/\\])/.test(next) || /^\/(sign-in|set-up)/.test(next)) return '/'
  // A browser drops tabs and line breaks and reads a backslash as a slash.
  return URL.canParse(next, here) && new URL(next, here).origin === here && !new URL(next, here).pathname.startsWith('//') ? next : '/'
}
