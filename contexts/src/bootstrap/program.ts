import type { ReleaseFile } from '../release/release.ts'
import { folderOf, UNIT_FILE, WANTED_FILE, WORK_FOLDER } from './layout.ts'
import { quoteShell } from './shell-quote.ts'

/** What the program in the machine is told. Everything is checked; see `checkInput`. */
export interface ProgramSettings {
  readonly coordinatorUrl: string
  /** Addresses with `sha256/HEX` below them, in the order in which they are asked. */
  readonly sources: readonly string[]
  readonly version: string
  /** The agent for each kind of machine. */
  readonly files: readonly ReleaseFile[]
  readonly releaseKeys: readonly string[]
}

/** What `uname -m` says of each kind of machine. */
const MACHINE_WORDS: Readonly<Record<ReleaseFile['arch'], string>> = {
  x64: 'x86_64 | amd64',
  arm64: 'aarch64 | arm64',
}

/**
 * The program that fetches the agent and lets it install itself: `sh bootstrap.sh [ROOT [TRIES]]`, for dash, bash and
 * busybox. Everything is in functions, so that the shell has read it whole before the program removes itself. Ends with
 * 0 installed (or there already), 75 given up after TRIES (without: never), 78 no agent for this machine.
 */
export function renderProgram(settings: ProgramSettings): string {
  const { coordinatorUrl, sources, version, files, releaseKeys } = settings
  return `#!/bin/sh
# Installs muster-agent ${version}: fetches it, compares its SHA-256, runs its "install", then removes itself.
set -euf
umask 077
version=${quoteShell(version)}
coordinator=${quoteShell(coordinatorUrl)}
sources=${quoteShell(sources.join('\n'))}
keys=${quoteShell(releaseKeys.join('\n'))}
choose() {
  case $(uname -m) in
${files.map(({ arch, sha256, bytes }) => `  ${MACHINE_WORDS[arch]}) sum=${sha256} bytes=${bytes} ;;`).join('\n')}
  *)
    say "release $version has no agent for $(uname -m). Next: use another image, or publish an agent for it."
    exit 78
    ;;
  esac
}
${BODY}`
}

const BODY = `
say() { echo "muster-bootstrap: $*"; }
has() { command -v "$1" >/dev/null 2>&1; }
size() { if [ -f "$part" ]; then echo $(($(wc -c <"$part"))); else echo 0; fi; }

# Adds to the file what it lacks. The bound of the file size ends a server that sends without end.
fetch() (
  ulimit -f $((bytes / 512 + 1))
  if has curl; then
    curl -fsSL --max-redirs 5 --connect-timeout 20 --speed-limit 1024 --speed-time 60 -C - -o "$part" "$1"
  elif has wget; then
    q=-q
    if wget --version >/dev/null 2>&1; then q=-nv; fi
    wget $q -c -t 1 -T 60 -O "$part" "$1"
  else
    p=python3
    has $p || p=/usr/libexec/platform-python
    if ! has $p; then
      say "there is neither curl nor wget nor python3. Next: use an image that has one of them."
      exit 1
    fi
    $p -c '
import os, sys, urllib.request as u
url, part = sys.argv[1:]
n = os.path.exists(part) and os.path.getsize(part)
try:
    r = u.urlopen(u.Request(url, headers={"Range": "bytes=%d-" % n} if n else {}), timeout=60)
    with open(part, "ab" if r.getcode() == 206 else "wb") as f:
        while True:
            b = r.read(65536)
            if not b: break
            f.write(b)
except Exception as e:
    sys.exit("python3: %s" % e)
' "$1" "$part"
  fi
)

matches() { [ "$(sha256sum <"$part" | cut -d ' ' -f 1)" = "$sum" ]; }

# Gets the whole right file from one address.
get() {
  before=$(size)
  if [ "$before" -lt "$bytes" ]; then
    say "fetching $1 ($before of $bytes bytes are here)"
    fetch "$1" || say "fetching ended with $?"
  fi
  after=$(size)
  if [ "$after" -eq "$bytes" ] && matches; then return 0; fi
  if [ "$after" -ge "$bytes" ]; then
    say "refused: what $1 gave is not $sum. Next: see who changes files on their way or at that address."
    rm -f "$part"
  elif [ "$after" -eq "$before" ]; then
    # Nothing came: the next time from the start, in case it cannot be continued.
    rm -f "$part"
  fi
  return 1
}

download() {
  part=$work/$sum
  for source in $sources; do
    if get "$source/sha256/$sum"; then
      chmod 700 "$part"
      return 0
    fi
  done
  say "no address gave the agent. Next: check that this machine reaches $coordinator (names, routes, proxy, clock)."
  return 1
}

configured() { grep -q '^[[:space:]]*coordinator[[:space:]]*=' "$root/etc/muster/agent.conf" 2>/dev/null; }
# An install that was cut off says so itself.
present() { [ -x "$agent" ] && grep -q '"isComplete": *true' "$root/usr/lib/muster/manifest.json" 2>/dev/null; }

install_with() {
  set -- "$1" install --root "$root/" --coordinator "$coordinator"
  if [ -n "$keys" ]; then
    echo "$keys" >"$work/release.keys"
    set -- "$@" --release-key "$work/release.keys"
  fi
  if [ -z "$root" ] && [ -d /run/systemd/system ]; then set -- "$@" --start; fi
  code=0
  "$@" || code=$?
  case $code in
  0) say "installed" ;;
  126 | 127) say "it cannot run here ($code). Next: use an image with glibc 2.28 or newer (EL 8, Debian 10)." ;;
  *) say "its install ended with $code; the lines above say why" ;;
  esac
  return $code
}

attempt() {
  if present; then
    install_with "$agent"
  elif download; then
    say "installing muster-agent $version"
    install_with "$part"
  else
    return 1
  fi
}

finish() {
  rm -rf "$work" "$root${UNIT_FILE}" "$root${WANTED_FILE}"
  rmdir "$root${folderOf(WANTED_FILE)}" 2>/dev/null || :
  if [ -z "$root" ] && [ -d /run/systemd/system ]; then systemctl daemon-reload || :; fi
  exit 0
}

main() {
  root=\${1:-/}
  root=\${root%/}
  tries=\${2:-0}
  work=$root${WORK_FOLDER}
  agent=$root/usr/lib/muster/muster-agent
  mkdir -p "$work"
  chmod 700 "$work"
  if present && configured; then
    say "the agent is installed already, nothing to do"
    finish
  fi
  choose
  pause=5
  until attempt; do
    tries=$((tries - 1))
    if [ $tries -eq 0 ]; then
      say "given up. Next: set right what is named above, and run this again."
      exit 75
    fi
    # Many machines that were started together shall not come back together.
    random=$(od -An -N2 -tu2 /dev/urandom 2>/dev/null) || random=0
    seconds=$((pause + random % pause))
    say "trying again in $seconds s"
    sleep $seconds
    pause=$((pause < 150 ? pause * 2 : 300))
  done
  finish
}
main "$@"
`
