import { Accordion, Text } from '@mantine/core'
import { IconCloudUpload } from '@tabler/icons-react'
import { BootPanel } from './boot-panel.tsx'

/** How a machine of a stock image comes to have the agent; closed until it is asked for. */
export function BootSection() {
  return (
    <Accordion variant="contained" keepMounted={false}>
      <Accordion.Item value="boot">
        <Accordion.Control icon={<IconCloudUpload size={20} />}>
          <Text fw={600}>Boot a stock image</Text>
          <Text size="sm" c="dimmed">
            User-data with which a plain Debian, Ubuntu or EL image installs the agent and shows a PIN.
          </Text>
        </Accordion.Control>
        <Accordion.Panel>
          <BootPanel />
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  )
}
