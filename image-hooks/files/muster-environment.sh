# shellcheck shell=sh disable=SC1091
# Muster: variables that the context of this machine sets ("environment" in its [cernvm] section).
if [ -r /etc/cernvm/environment.conf ]; then
  # Keeps "set -a" of whoever reads this.
  case $- in
    *a*) . /etc/cernvm/environment.conf ;;
    *)
      set -a
      . /etc/cernvm/environment.conf
      set +a
      ;;
  esac
fi
