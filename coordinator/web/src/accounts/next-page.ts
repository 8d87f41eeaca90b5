/**
 * Page to go to after signing in, from the `next` parameter: a path of this site only, so that a link cannot lead a
 * person elsewhere after she gave her password here.
 */
export function nextPage(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) && next.length <= 2000 ? next : '/'
}
