#!/bin/sh
# Puts muster-agent into the root tree of an image, leaves nothing in it that belongs to one machine, and checks it.
#
#   MUSTER_COORDINATOR=https://muster.example.org install-into-tree.sh DIR
#
# MUSTER_AGENT        the executable (default: muster-agent on the search path); it must run on this machine
# MUSTER_COORDINATOR  who hands out PINs and contexts (default: none; the image then needs it from user-data)
# MUSTER_RELEASE_KEY  file with the public keys of releases, for self-update (default: none)
# MUSTER_OPTIONS      further options of "muster-agent install", separated by blanks
set -eu

if [ $# -ne 1 ] || [ ! -d "$1" ]; then
  printf 'usage: %s DIR   (the root tree of an image)\n' "$0" >&2
  exit 64
fi
root=$1
agent=${MUSTER_AGENT:-muster-agent}

set -- --root "$root"
[ -z "${MUSTER_COORDINATOR:-}" ] || set -- "$@" --coordinator "$MUSTER_COORDINATOR"
[ -z "${MUSTER_RELEASE_KEY:-}" ] || set -- "$@" --release-key "$MUSTER_RELEASE_KEY"
# shellcheck disable=SC2086 # Options are separated by blanks.
"$agent" install "$@" --reset ${MUSTER_OPTIONS:-}
"$agent" verify --root "$root" --image
