#!/bin/sh
# Set up one part of the book's environment in .venv: `site` (no torch), `test` (everything) or `assets` (web files).
# Plain sh, because it runs before there is any Python of ours. Every failure is one line that says what to do.
set -u

part=${1:?usage: tools/environment.sh site|test|assets}
venv=.venv
log=$venv/setup.log

fail() {
    echo "make: $*" >&2
    exit 1
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null 2>&1 || fail "PYTHON=$PYTHON is not a command on this machine."
        is_new_enough "$PYTHON" || fail "PYTHON=$PYTHON is older than 3.11; the book needs Python 3.11 or newer."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python; do
        if command -v "$candidate" >/dev/null 2>&1 && is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3.12"
}

create_venv() {
    [ -x $venv/bin/python ] && is_new_enough $venv/bin/python && return
    python=$(find_python) || exit 1
    echo "Creating $venv with $("$python" --version)"
    "$python" -m venv --clear $venv 2>/tmp/rnns-unrolled-venv.$$ ||
        fail "could not create $venv ($(tail -n 1 /tmp/rnns-unrolled-venv.$$)); on Debian: apt-get install python3-venv"
    rm -f /tmp/rnns-unrolled-venv.$$
}

# Retries are few, so that a machine without a network hears of it in seconds.
pip_install() {
    if ! $venv/bin/python -m pip --disable-pip-version-check install --quiet --retries 2 "$@" >>$log 2>&1; then
        fail "installing failed; is there a network? pip's last words: $(grep -v '^ *$' $log | tail -n 1) (all of it: $log)"
    fi
}

case $part in
site)
    create_venv
    echo "Installing what the site needs (requirements-site.txt)"
    pip_install -r requirements-site.txt
    ;;
test)
    create_venv
    torch=$(grep '^torch==' requirements.txt)
    echo "Installing what the notebooks and tests need (requirements.txt, $torch)"
    if [ -n "${TORCH_INDEX:-}" ]; then
        pip_install "$torch" --index-url "$TORCH_INDEX"
    fi
    pip_install -r requirements.txt
    pip_install --no-deps --editable .
    ;;
assets)
    if ! command -v npm >/dev/null 2>&1; then
        echo "No npm on this machine: installing one into $venv (requirements-node.txt)"
        pip_install -r requirements-node.txt
        PATH="$PWD/$venv/bin:$PATH"
        export PATH
    fi
    echo "Fetching the web assets (package-lock.json)"
    npm ci --no-audit --no-fund --loglevel=error >>$log 2>&1 ||
        fail "npm ci failed; is there a network? npm's last words: $(grep -v '^ *$' $log | tail -n 1) (all of it: $log)"
    ;;
*)
    fail "tools/environment.sh knows site, test and assets, not '$part'"
    ;;
esac
