#!/bin/sh
# Makes .venv, or the folder that VENV names, from a lock file with hashes, or says in one line what is missing.
# Usage: make_environment.sh STAMP LOCK_FILE; the stamp STAMP in it is written only when everything is installed.
set -eu
stamp=$1
lock=$2
python=${PYTHON:-python3}
venv=${VENV:-.venv}

fail() {
    echo "rekey: $1" >&2
    exit 1
}

# Says how long it takes so far, as long as this script lives. Its sleep holds no pipe open.
tell() {
    seconds=0 pause=2
    while sleep "$pause" >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
        seconds=$((seconds + pause)) pause=10
        echo "    $1: $seconds s so far"
    done
}

command -v "$python" >/dev/null 2>&1 || fail "$python is not installed. Install Python 3.11, 3.12 or 3.13, or name one: make PYTHON=python3.12 ..."
"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
    fail "$("$python" --version) does not fit. Name a Python 3.11, 3.12 or 3.13: make PYTHON=python3.12 ..."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "$python cannot make environments. Install its venv module (Debian: apt-get install python3-venv)."

# An environment without a stamp was interrupted half-way: made anew.
if [ -d "$venv" ] && [ ! -e "$venv/run" ] && [ ! -e "$venv/dev" ]; then
    rm -rf "$venv"
fi
tell "Making $venv" &
teller=$!
trap 'kill "$teller" 2>/dev/null' EXIT
trap 'exit 130' INT TERM HUP
[ -d "$venv" ] || "$python" -m venv "$venv"
# The lock names every package: a resolver that looks at newer ones meanwhile finds some without a hash, and gives up.
echo "Installing $lock into $venv (about a minute the first time, several on a busy machine) ..."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock" ||
    fail "the packages of $lock could not be installed; pip says why above. Then run the same command again."
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ||
    fail "rekey itself could not be installed; pip says why above."
# The development lock holds everything that the other one does.
if [ "$stamp" = dev ]; then touch "$venv/run"; fi
touch "$venv/$stamp"
