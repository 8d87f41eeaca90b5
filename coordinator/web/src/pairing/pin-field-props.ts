/** Properties of a field for a code of eight letters: large, and without the browser's corrections. */
export const PIN_FIELD_PROPS = {
  className: 'pin-field',
  placeholder: 'XXXX-XXXX',
  autoComplete: 'one-time-code',
  autoCapitalize: 'characters',
  autoCorrect: 'off',
  spellCheck: false,
  inputMode: 'text',
  size: 'lg',
} as const
