import {
  IconCpu,
  IconFileText,
  IconHome,
  IconPlugConnected,
  IconSettings,
  IconTopologyStar3,
} from '@tabler/icons-react'

/** Entries of the main navigation, in order. */
export const NAVIGATION = [
  { to: '/', label: 'Dashboard', icon: IconHome },
  { to: '/contexts', label: 'Contexts', icon: IconFileText },
  { to: '/machines', label: 'Machines', icon: IconCpu },
  { to: '/clusters', label: 'Clusters', icon: IconTopologyStar3 },
  { to: '/pair', label: 'Pair a machine', icon: IconPlugConnected },
  { to: '/settings', label: 'Settings', icon: IconSettings, IconTopologyStar3 },
] as const
