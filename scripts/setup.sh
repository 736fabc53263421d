#!/bin/sh
# Gets a machine ready: `setup.sh venv` makes .venv from requirements.lock, `setup.sh chromium` finds a browser for the tests.
# As root on Debian or Ubuntu a missing system package is installed; anywhere else the message says which one is missing.
set -eu

venv=.venv

say() { printf '%s\n' "$*" >&2; }

# apt PACKAGE...: true when the packages are there afterwards.
apt() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    say "Installing with apt-get: $*"
    apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

is_usable() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        is_usable "$candidate" && { command -v "$candidate"; return; }
    done
    return 1
}

make_venv() {
    python=$(find_python) || { apt python3 python3-venv && python=$(find_python); } || {
        say "Python 3.11 or newer is needed and was not found. Install it (Debian 12: apt install python3 python3-venv)"
        say "or name one: make PYTHON=/path/to/python3.12 ..."
        exit 1
    }
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1 || ! is_usable "$venv/bin/python"; then
        # Debian keeps ensurepip in a package of its own; without it a venv has no pip.
        "$python" -c 'import ensurepip, venv' 2>/dev/null || apt python3-venv || {
            say "$python cannot make a virtual environment. Install it as root: apt install python3-venv"
            exit 1
        }
        "$python" -m venv --clear "$venv"
    fi
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
}

find_chromium() {
    for candidate in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
        command -v "$candidate" >/dev/null && return
    done
    return 1
}

case "${1:-}" in
    venv) make_venv ;;
    chromium)
        find_chromium || apt chromium || {
            say "The browser tests need Chromium. Install it as root (apt install chromium) or name one: make CHROMIUM=/path/to/chrome test"
            say "Without a browser:  .venv/bin/pytest -m 'not browser'"
            exit 1
        } ;;
    *) say "usage: setup.sh venv | chromium"; exit 2 ;;
esac
