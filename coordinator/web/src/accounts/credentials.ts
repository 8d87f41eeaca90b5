/** What is wrong with a wished sign-in name, or nothing. The coordinator decides; this only tells earlier. */
export function loginProblem(login: string): string | undefined {
  if (login.length < 2 || login.length > 40) return 'A name has 2 to 40 characters.'
  if (!/^[a-z]/.test(login)) return 'A name begins with a letter.'
  if (!/^[a-z0-9._-]+$/.test(login)) return 'Only small letters, digits, dot, dash and underscore.'
  return undefined
}

/** What is wrong with a wished password, or nothing. */
export function passwordProblem(password: string): string | undefined {
  if (password.length < 10) return 'A password has at least 10 characters.'
  if (password.length > 200) return 'A password has at most 200 characters.'
  return undefined
}
