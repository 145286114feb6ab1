#!/bin/sh
# Sets up what the Makefile's targets use. Run as root on Debian or Ubuntu it installs missing system packages, else it
# names them.
#   setup.sh           the virtual environment
#   setup.sh window    the system libraries of the window; without them it says so and goes on
#   setup.sh firmware  the compilers and the simulator of the firmware; without them it stops
#   setup.sh test      the window's libraries, a virtual X server and all that the firmware needs; without them it stops
set -eu
python=${PYTHON:-python3}
venv=${VENV:-.venv}

say() { printf '%s\n' "$*" >&2; }

may_install() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

install() { # install PACKAGES... : first by the package lists at hand, for fetching new ones takes a while
    say "installing system packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
}

need() { # need PACKAGES... : install them, or say how to and stop
    if may_install; then
        install "$@"
    else
        say "missing system packages: $*"
        say "install them, on Debian or Ubuntu with: sudo apt-get install $*"
        exit 1
    fi
}

want() { # want PACKAGES... : install them, or go on without
    if may_install && install "$@"; then return; fi
    say "no window: missing system packages (on Debian or Ubuntu: sudo apt-get install $*)"
}

environment() {
    command -v "$python" >/dev/null 2>&1 || need python3 python3-venv
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        say "Python 3.11 or newer is needed; $python is $("$python" -V 2>&1). Give another: make PYTHON=python3.12 ..."
        exit 1
    }
    # Debian keeps venv and ensurepip in a package of their own.
    "$python" -c 'import venv, ensurepip' 2>/dev/null || need python3-venv

    [ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,all]'
}

libraries() { "$venv/bin/python" -m viewer.system_libraries "$@"; }

# What builds the firmware and runs its binary in a simulated board, by a file that each package brings.
firmware_missing() {
    command -v avr-g++ >/dev/null 2>&1 || echo gcc-avr
    command -v avr-objcopy >/dev/null 2>&1 || echo binutils-avr
    [ -e /usr/lib/avr/include/avr/io.h ] || echo avr-libc
    [ -e /usr/share/arduino/hardware/arduino/avr/cores/arduino/Arduino.h ] || echo arduino-core-avr
    [ -e /usr/include/simavr/sim_avr.h ] || echo libsimavr-dev
    [ -e /usr/include/libelf.h ] || echo libelf-dev
    command -v g++ >/dev/null 2>&1 || echo g++
}

# Lists of packages are meant to fall apart into words.
case ${1:-} in
'')
    environment
    ;;
window)
    missing=$(libraries ${DISPLAY:+--display --sound})
    [ -z "$missing" ] || want $missing
    ;;
firmware)
    missing=$(firmware_missing)
    [ -z "$missing" ] || need $missing
    ;;
test)
    missing="$(libraries --display) $(firmware_missing)"
    missing=$(echo $missing)
    [ "$(uname)" != Linux ] || command -v Xvfb >/dev/null 2>&1 || missing="$missing xvfb"
    [ -z "$missing" ] || need $missing
    ;;
*)
    say "setup.sh: window, firmware, test or nothing, not $1"
    exit 2
    ;;
esac
