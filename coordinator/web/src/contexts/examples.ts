/** A text to begin with. */
export interface Example {
  readonly title: string
  readonly text: string
}

/** Small contexts that show one thing each. */
export const EXAMPLES: readonly Example[] = [
  {
    title: 'A user on a machine',
    text: `# One user with the group "physics". Change the password before you save, or seal the context.
[amiconfig]
plugins=cernvm

[cernvm]
users=alice:physics:change-me
shell=/bin/bash
environment=EDITOR=nano
`,
  },
  {
    title: 'Software repositories',
    text: `# Experiment software by CernVM-FS through a local proxy.
[amiconfig]
plugins=cernvm

[cernvm]
organisations=None
repositories=atlas,sft,grid
proxy=http://squid.example.org:3128|DIRECT
users=worker:worker:change-me
`,
  },
  {
    title: 'A start-up script',
    text: `#!/bin/bash
# The script runs once for each version of this context, before everything else.
echo "configured by Muster" > /etc/motd
exit 0

[amiconfig]
plugins=cernvm

[cernvm]
users=worker:worker:change-me
`,
  },
]
