import { Button, Group, Paper, Stack, Text, ThemeIcon, Title } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'

interface NextStepsProps {
  readonly hasContexts: boolean
  readonly hasMachines: boolean
}

/** The way of a new user in three steps; done ones are ticked. */
export function NextSteps({ hasContexts, hasMachines }: NextStepsProps) {
  const steps = [
    {
      title: 'Write a context',
      text: 'A text that says what a machine shall be: users, software, settings. Paste one you have or begin with an example.',
      isDone: hasContexts,
      action: { to: '/contexts/new', label: 'Write a context' },
    },
    {
      title: 'Boot a machine',
      text: 'Start a VM from an image that has the Muster agent, on any cloud, hypervisor or laptop. Its console shows a PIN.',
      isDone: hasMachines,
      action: undefined,
    },
    {
      title: 'Pair it',
      text: 'Type the PIN here, choose the context, look at what will change, approve. The machine does the rest.',
      isDone: hasMachines,
      action: { to: '/pair', label: 'Pair a machine' },
    },
  ] as const
  const current = steps.findIndex((step) => !step.isDone)
  return (
    <Stack component="ol" gap="sm" p={0} m={0} style={{ listStyle: 'none' }} aria-label="First steps">
      {steps.map((step, index) => (
        <Paper component="li" key={step.title} withBorder p="md">
          <Group wrap="nowrap" align="flex-start">
            <ThemeIcon
              radius="xl"
              size={34}
              color={step.isDone ? 'teal' : 'petrol'}
              variant={step.isDone ? 'filled' : 'light'}
            >
              {step.isDone ? <IconCheck size={18} aria-label="Done" /> : <Text fw={700}>{index + 1}</Text>}
            </ThemeIcon>
            <Stack gap={4} flex={1} align="flex-start">
              <Title order={3}>{step.title}</Title>
              <Text size="sm" c="dimmed">
                {step.text}
              </Text>
              {step.action !== undefined && !step.isDone && (
                <Button
                  mt={6}
                  size="sm"
                  variant={index === current ? 'filled' : 'default'}
                  renderRoot={(props) => <Link to={step.action.to} {...props} />}
                >
                  {step.action.label}
                </Button>
              )}
            </Stack>
          </Group>
        </Paper>
      ))}
    </Stack>
  )
}
