// Owns where to go after sign-in: only a path of this console, never another site.
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && !/^\/(sign-in|set-up)/.test(next) ? next : '/'
}
