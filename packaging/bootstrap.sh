#!/bin/sh
# Make .venv with the exact, hash-checked libraries of requirements.lock; with the argument
# `tools`, see to it that the programs which tests call are there.
# As root on Debian, missing system packages are installed; else the command is printed.
set -eu
cd "$(dirname "$0")/.."

provide() { # provide PACKAGE...: install Debian packages, or say how
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing $*"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
  else
    echo "Missing: $*. Run: sudo apt-get install $*" >&2
    return 1
  fi
}

if [ "${1:-}" = tools ]; then
  # Without strace one test is skipped; where CI=true that is an error.
  command -v strace >/dev/null 2>&1 || provide strace || [ "${CI:-}" != true ]
  # A container may lack what every installed system has; without it no restart is a quick one.
  if [ ! -s /etc/machine-id ] && [ "$(id -u)" = 0 ]; then
    echo "giving this machine an id: /etc/machine-id"
    tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
  fi
  exit
fi

python=""
for each in "${PYTHON:-}" python3.13 python3.12 python3.11 python3; do
  [ -n "$each" ] && command -v "$each" >/dev/null 2>&1 || continue
  if "$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$each
    break
  fi
done
if [ -z "$python" ]; then
  echo "S1mpleTrader needs Python 3.11 or newer; none was found." >&2
  echo "On Debian 12 or 13: apt-get install python3 python3-venv" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  provide python3-venv ca-certificates
fi

echo "installing the libraries of requirements.lock into .venv (once)"
rm -rf .venv
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
  -r requirements.lock
touch .venv/.ready
