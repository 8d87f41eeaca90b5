#!/bin/sh
# Puts muster-agent into a disk image with virt-customize (libguestfs), without starting it as a machine.
#
#   customize.sh IMAGE AGENT [COORDINATOR]
#
# IMAGE is changed in place: work on a copy. Its arguments are tested; on a real image it was not run yet (2026-11-22).
set -eu

if [ $# -lt 2 ] || [ $# -gt 3 ] || [ ! -f "$1" ] || [ ! -f "$2" ]; then
  printf 'usage: %s IMAGE AGENT [COORDINATOR]\n' "$0" >&2
  exit 64
fi
image=$1
agent=$2
coordinator=${3:-}

# An address goes into a command line of the guest.
case $coordinator in
  *[!A-Za-z0-9:/.\[\]_-]*) printf '%s is no address of a coordinator\n' "$coordinator" >&2; exit 64 ;;
esac

# Uploaded under another name, so that "install" finds a file that is not where it installs to.
exec virt-customize -a "$image" \
  --upload "$agent:/usr/lib/muster-agent.new" \
  --chmod 0755:/usr/lib/muster-agent.new \
  --run-command "/usr/lib/muster-agent.new install ${coordinator:+--coordinator $coordinator} --reset" \
  --delete /usr/lib/muster-agent.new \
  --truncate /etc/machine-id \
  --run-command 'muster-agent verify --image' \
  --selinux-relabel
