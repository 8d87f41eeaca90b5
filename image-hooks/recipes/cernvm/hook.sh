#!/bin/sh
# For the build of CernVM 5, and of any image that is built as a container: called with the root tree when its
# packages are in it, before it is packed or published.
#
#   hook.sh ROOTFS
#
# In a Dockerfile, where the tree is "/", use these lines instead:
#
#   COPY muster-agent /tmp/muster-agent
#   RUN /tmp/muster-agent install --coordinator https://muster.example.org && rm /tmp/muster-agent \
#    && muster-agent verify --image
#
# CernVM images have /bin/sh.before and /bin/sh.after of their own; those stay. The cloud-init of the image hands its
# contexts to the agent by the part handler that is installed; amiconfig should not be in the image, or both apply them.
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
  printf 'usage: %s ROOTFS\n' "$0" >&2
  exit 64
fi
if [ -e "$1/usr/sbin/amiconfig" ] || [ -e "$1/usr/bin/amiconfig" ]; then
  printf 'note: %s has amiconfig: it would apply contexts beside muster-agent. Leave its package out.\n' "$1" >&2
fi
exec "$(dirname -- "$0")/../install-into-tree.sh" "$1"
