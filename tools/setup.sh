#!/bin/sh
# Makes the virtual environment that the Makefile's targets use. Says which system packages are missing and, run as root
# on Debian or Ubuntu, installs them.
set -eu
python=${PYTHON:-python3}
venv=${VENV:-.venv}

say() { printf '%s\n' "$*" >&2; }

need() { # need PACKAGES... : install them, or say how to
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "installing system packages: $*"
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
    else
        say "missing system packages: $*"
        say "install them, on Debian or Ubuntu with: sudo apt-get install $*"
        exit 1
    fi
}

command -v "$python" >/dev/null 2>&1 || need python3 python3-venv
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "Python 3.11 or newer is needed; $python is $("$python" -V 2>&1). Give another: make PYTHON=python3.12 ..."
    exit 1
}
# Debian keeps venv and ensurepip in a package of their own.
"$python" -c 'import venv, ensurepip' 2>/dev/null || need python3-venv

[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
