#!/bin/sh
# Says on the consoles of the machine that it is starting, and what its network lacks, until the agent speaks itself. Says
# it once, and again when something has changed.
#
# The arguments are for tests: where the kernel tells, where it is said, and seconds between two looks.
proc=${1:-/proc}
sys=${2:-/sys}
dev=${3:-/dev}
run=${4:-/run/muster}
step=${5:-1}
# In steps: a machine whose agent does not start at all.
limit=900
issue=$run/muster.issue
has_issue=
waits='waits for an address'

# address: the first address that others may know; nothing when there is none.
address() {
  if [ -r "$proc/net/fib_trie" ]; then
    last=
    while read -r mark value rest; do
      case "$mark $value $rest" in
        '|-- '*) last=$value ;;
        '/32 host LOCAL'*)
          case $last in 127.* | 169.254.*) ;; *) echo "$last" && return ;; esac
          ;;
      esac
    done <"$proc/net/fib_trie"
  fi
  [ -r "$proc/net/if_inet6" ] || return 0
  while read -r value _ _ scope _ name; do
    if [ "$scope" = 00 ] && [ "$name" != lo ]; then
      echo "$value" | sed 's/..../&:/g; s/:$//' && return
    fi
  done <"$proc/net/if_inet6"
}

# line FILE: its first line; nothing where the kernel does not tell.
line() {
  { read -r value <"$1"; } 2>/dev/null || value=
  echo "$value"
}

# cards: each network card with its hardware address and how far it is, one a line.
cards() {
  for path in "$sys"/class/net/*; do
    name=${path##*/}
    case $name in
      '*' | lo | docker* | veth* | virbr* | br-* | tun* | tap* | dummy* | sit* | ip6tnl* | gre* | erspan* | bonding_*)
        continue
        ;;
    esac
    case $(line "$path/carrier") in
      1) state=$waits ;;
      0) state='is not connected' ;;
      *) state='is switched off' ;;
    esac
    printf '  %-10s %-19s %s\n' "$name" "$(line "$path/address")" "$state"
  done
}

situation() {
  found=$(address)
  listed=$(cards)
  # A fixed address without a cable is of no use.
  case $listed in '' | *"$waits"*) ;; *) found= ;; esac
  if [ -n "$found" ]; then
    printf 'Muster: this machine is starting, and has the address %s.\n' "$found"
    printf 'Muster goes on by itself.\n'
    return
  fi
  printf 'Muster: this machine is starting, and has no network address yet.\n\n'
  if [ -z "$listed" ]; then
    printf '  It has no network card.\n\n'
    printf 'Waiting for the network: give this machine a network card, real or virtual.\n'
  else
    printf '%s\n\n' "$listed"
    printf 'Waiting for the network: check the cable or virtual network, and that something\n'
    printf 'there gives addresses (DHCP). Muster goes on by itself when there is one.\n'
  fi
}

# say TEXT: on each console of the kernel, opened for this alone, since a login prompt hangs up who holds it open; and above
# the login prompts, unless the agent has said something there.
say() {
  rule='==============================================================================='
  text=$(printf '\n%s\n%s\n%s' "$rule" "$1" "$rule")
  said=
  for name in $(line "$sys/class/tty/console/active"); do
    [ -w "$dev/$name" ] && { printf '%s\n' "$text" >"$dev/$name"; } 2>/dev/null && said=yes
  done
  # A container sees the names of consoles that are its host's.
  [ -n "$said" ] || { printf '%s\n' "$text" >"$dev/console"; } 2>/dev/null
  if [ -n "$has_issue" ] || [ ! -e "$issue" ]; then
    mkdir -p "$run" && printf '%s\n' "$text" >"$issue.starting" && mv -f "$issue.starting" "$issue" && has_issue=yes
    agetty --reload 2>/dev/null
  fi
}

# What it has put above the login prompts is not true any more.
finish() {
  [ -z "$has_issue" ] || rm -f "$issue"
  exit 0
}
trap finish TERM INT

before=
while [ "$limit" -gt 0 ]; do
  # In the background: a signal is then heard at once.
  sleep "$step" &
  wait $!
  limit=$((limit - 1))
  now=$(situation)
  [ "$now" = "$before" ] || say "$now"
  before=$now
done
finish
