import { Skeleton, Stack, VisuallyHidden } from '@mantine/core'

/** Place holder while something loads; says so to screen readers. */
export function Loading({ what = 'page', lines = 4 }: { readonly what?: string; readonly lines?: number }) {
  return (
    <Stack gap="sm" role="status" aria-busy="true">
      <VisuallyHidden>Loading {what}…</VisuallyHidden>
      {Array.from({ length: lines }, (_, line) => `line-${line}`).map((key) => (
        <Skeleton key={key} height={28} radius="md" />
      ))}
    </Stack>
  )
}
