import { AppShell, Burger, Group, NavLink, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useLiveUpdates } from '../api/live-updates.ts'
import { AccountMenu } from './account-menu.tsx'
import { ColorSchemeButton } from './color-scheme-button.tsx'
import { ConnectionNote } from './connection-note.tsx'
import { Logo } from './logo.tsx'
import { NAVIGATION } from './navigation.ts'
import { SignedOutNote } from './signed-out-note.tsx'

/** Frame of all pages for a signed-in person: header, navigation, live updates. */
export function AppFrame() {
  const [isOpen, menu] = useDisclosure(false)
  const path = useLocation({ select: (location) => location.pathname })
  const connection = useLiveUpdates()
  useEffect(() => {
    if (path !== '') menu.close()
  }, [path, menu.close])
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 216, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={{ base: 'md', md: 'xl' }}
    >
      <a href="#main" className="skip-link">
        Skip to content
      </a>
      <AppShell.Header>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="xs" wrap="nowrap">
            <Burger
              opened={isOpen}
              onClick={menu.toggle}
              hiddenFrom="sm"
              size="sm"
              aria-label="Menu"
              aria-expanded={isOpen}
            />
            <Link to="/" className="row-link" aria-label="Muster home">
              <Group gap={8} wrap="nowrap">
                <Logo />
                <Text fw={700} size="lg">
                  Muster
                </Text>
              </Group>
            </Link>
          </Group>
          <Group gap={4} wrap="nowrap">
            <ColorSchemeButton />
            <AccountMenu />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Main">
        {NAVIGATION.map(({ to, label, icon: Icon }) => {
          const isActive = to === '/' ? path === '/' : path.startsWith(to)
          return (
            <NavLink
              key={to}
              renderRoot={(props) => <Link to={to} {...props} />}
              label={label}
              leftSection={<Icon size={18} />}
              active={isActive}
              aria-current={isActive ? 'page' : undefined}
              fw={isActive ? 600 : 400}
              mb={2}
              style={{ borderRadius: 'var(--mantine-radius-md)' }}
            />
          )
        })}
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        <ConnectionNote state={connection} />
        <SignedOutNote />
        <Outlet />
      </AppShell.Main>
    </AppShell>
  )
}
