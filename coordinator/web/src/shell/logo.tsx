/** The project's mark: an M of lines that gather under one point. Decorative; the name stands beside it. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" fill="#0b7285" />
      <path
        d="M7 23V10.5l5.2 6.5 3.8-4.8 3.8 4.8 5.2-6.5V23"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="16" cy="8.2" r="2.1" fill="#ffd43b" />
    </svg>
  )
}
