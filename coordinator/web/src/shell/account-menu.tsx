import { Button, Menu, Text } from '@mantine/core'
import { IconChevronDown, IconLogout, IconSettings, IconUser } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { sessionQuery } from '../api/queries.ts'
import { useSignOut } from '../api/use-sign-out.ts'

/** Who is signed in, with the way out. */
export function AccountMenu() {
  const { data: session } = useQuery(sessionQuery)
  const signOut = useSignOut()
  const login = session?.account.login ?? ''
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          px="xs"
          rightSection={<IconChevronDown size={14} />}
          aria-label={`Account ${login}`}
        >
          <IconUser size={18} aria-hidden />
          <Text span inherit truncate maw={160} ml={8} visibleFrom="sm">
            {login}
          </Text>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconSettings size={16} />} renderRoot={(props) => <Link to="/settings" {...props} />}>
          Settings
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
