/**
 * What Debian and RPM packages of the agent do besides laying files. In a chroot nothing is started; `systemctl preset`
 * works there as well. A running agent is asked to stop by systemd, and ends what it applies first.
 */
const HAS_SYSTEMD = '[ -d /run/systemd/system ]'
const UNIT = 'muster-agent.service'

/** After the files came; at the first install the preset decides whether the agent is enabled. */
const SETTLE = `if command -v systemd-tmpfiles >/dev/null; then systemd-tmpfiles --create muster.conf || true; fi
for name in before after; do
  if [ ! -e "/bin/sh.$name" ] && [ ! -L "/bin/sh.$name" ]; then ln -s bash "/bin/sh.$name"; fi
done
`
const ENABLE = `if command -v systemctl >/dev/null; then systemctl preset ${UNIT} || true; fi`
const START = `if ${HAS_SYSTEMD}; then systemctl daemon-reload; systemctl start --no-block ${UNIT} || true; fi`
const RESTART = `if ${HAS_SYSTEMD}; then systemctl daemon-reload; systemctl try-restart --no-block ${UNIT} || true; fi`
const STOP = `if ${HAS_SYSTEMD}; then systemctl stop ${UNIT} || true; fi
if command -v systemctl >/dev/null; then systemctl --no-reload disable ${UNIT} || true; fi`
const FORGET = `for name in before after; do
  if [ "$(readlink "/bin/sh.$name")" = bash ]; then rm -f "/bin/sh.$name"; fi
done
if ${HAS_SYSTEMD}; then systemctl daemon-reload; fi`

/** Scripts of the Debian package, by their names there. */
export const DEBIAN_SCRIPTS: Readonly<Record<string, string>> = {
  postinst: script(`case "$1" in
configure)
${indent(SETTLE)}
  if [ -z "$2" ]; then
${indent(ENABLE, 2)}
    if [ -x /usr/sbin/policy-rc.d ] && ! /usr/sbin/policy-rc.d muster-agent start >/dev/null 2>&1; then exit 0; fi
${indent(START, 2)}
  else
${indent(RESTART, 2)}
  fi
  ;;
esac`),
  prerm: script(`if [ "$1" = remove ]; then
${indent(STOP)}
fi`),
  // Identity, journal and settings go when everything of the package is to go, and not before.
  postrm: script(`case "$1" in
remove)
${indent(FORGET)}
  ;;
purge)
  rm -rf /var/lib/muster /etc/muster /run/muster
  ;;
esac`),
}

/** Scriptlets of the RPM package, by their sections. `$1` is how many versions there are afterwards. */
export const RPM_SCRIPTS: Readonly<Record<string, string>> = {
  post: `${SETTLE}if [ "$1" -eq 1 ]; then
${indent(ENABLE)}
${indent(START)}
fi
if command -v semodule >/dev/null && command -v restorecon >/dev/null; then restorecon -R /usr/lib/muster || true; fi`,
  preun: `if [ "$1" -eq 0 ]; then
${indent(STOP)}
fi`,
  postun: `if [ "$1" -eq 0 ]; then
${indent(FORGET)}
else
${indent(RESTART)}
fi`,
}

function script(body: string): string {
  return `#!/bin/sh\nset -e\n${body}\n`
}

function indent(text: string, depth = 1): string {
  return text.trimEnd().replace(/^(?=.)/gm, '  '.repeat(depth))
}
