import { Container, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { type ReactNode, useEffect, useRef } from 'react'

interface PageProps {
  /** Heading, and title of the browser window. */
  readonly title: string
  readonly lead?: ReactNode
  /** Buttons beside the heading. */
  readonly actions?: ReactNode
  /** Largest width in pixels. @default 1080 */
  readonly width?: number
  /** The page focuses a field of its own. */
  readonly hasOwnFocus?: boolean
  readonly children: ReactNode
}

let isFirstPage = true

/**
 * Frame of one page. After a change of page the heading gets the focus, so that keyboard and screen reader go on from
 * there; after the first load the focus stays where the browser puts it.
 */
export function Page({ title, lead, actions, width = 1080, hasOwnFocus = false, children }: PageProps) {
  useDocumentTitle(`${title} · Muster`)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!isFirstPage && !hasOwnFocus) heading.current?.focus({ preventScroll: true })
    isFirstPage = false
  }, [hasOwnFocus])
  return (
    <Container size={width} p={0}>
      <Stack gap="lg">
        <Group justify="space-between" align="flex-start" gap="md">
          <Stack gap={4} flex="1 1 300px" miw={0}>
            <Title order={1} ref={heading} tabIndex={-1} className="breakable">
              {title}
            </Title>
            {lead !== undefined && (
              <Text c="dimmed" component="div" maw={720}>
                {lead}
              </Text>
            )}
          </Stack>
          {actions !== undefined && <Group gap="xs">{actions}</Group>}
        </Group>
        {children}
      </Stack>
    </Container>
  )
}
