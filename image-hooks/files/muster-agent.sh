#!/bin/sh
# Starts the agent: the version on trial, else the confirmed one, else the one before, else the one of the image.
# An update writes names of folders into these files: "current", "previous", and "trial.N", where N is how many starts
# the new version has left. The count is in the name, since a name changes whole or not at all, even on a full disk.
versions=/var/lib/muster/versions
baked=/usr/lib/muster/muster-agent
limit=900
grace=100
step=2

# choose FILE: the version that FILE names becomes $program, unless it is not there.
choose() {
  [ -f "$versions/$1" ] && [ -r "$versions/$1" ] || return 1
  MUSTER_RUNS=
  read -r MUSTER_RUNS <"$versions/$1"
  case $MUSTER_RUNS in '' | .* | *[!0-9A-Za-z.+-]*) return 1 ;; esac
  program=$versions/$MUSTER_RUNS/muster-agent
  [ -f "$program" ] && [ -s "$program" ] && [ -x "$program" ]
}

# still_runs: whether this process still is this script, or the program that it became: numbers of processes are used
# again.
still_runs() {
  command=
  read -r command <"/proc/$$/cmdline"
  case $command in *"$program"* | *"$0"*) ;; *) return 1 ;; esac
}

# lasts SECONDS FILE: whether for so long FILE is there and the process runs. Looks often: a watcher that has nothing left
# to watch would stay in the service as a process that nobody knows.
lasts() {
  time=$1
  while [ "$time" -gt 0 ]; do
    sleep "$step"
    [ -f "$2" ] || return 1
    still_runs || return 1
    time=$((time - step))
  done
}

# A new version that cannot judge itself is ended when nobody has confirmed it in time; systemd then starts this again.
watch_over() {
  (
    (lasts "$limit" "$versions/$1" && kill $$ && lasts "$grace" "$program" && kill -9 $$) </dev/null >/dev/null 2>&1 &
  )
}

export MUSTER_RUNS
# Only the service tries a version: commands of people run what is confirmed.
if [ "${1-}" = run ] && [ -n "${NOTIFY_SOCKET-}" ]; then
  for left in 2 1 0; do
    trial=$versions/trial.$((left + 1))
    [ -f "$trial" ] || continue
    if mv -f "$trial" "$versions/trial.$left" && choose "trial.$left"; then
      watch_over "trial.$left"
      exec "$program" "$@"
    fi
    break
  done
fi
if choose current || choose previous; then exec "$program" "$@"; fi
MUSTER_RUNS=baked
exec "$baked" "$@"
