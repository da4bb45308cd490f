#!/bin/sh
# Set up one part of the book's environment in $VENV (.venv): `site` (no torch), `test` (everything), `assets` (web
# files), `colab`, an environment of its own with what Colab has and without rnnlib, or `mutants`, with cosmic-ray alone.
# Plain sh, because it runs before there is any Python of ours. Every failure is one line that says what to do.
set -u

part=${1:?usage: tools/environment.sh site|test|assets|colab|mutants}
venv=${VENV:-.venv}
log=$venv/setup.log
# Where an environment keeps its programs; Windows has a name of its own for it.
case ${OS:-} in Windows_NT) bin=$venv/Scripts ;; *) bin=$venv/bin ;; esac

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
    [ -x "$bin/python" ] && is_new_enough "$bin/python" && return
    python=$(find_python) || exit 1
    echo "Creating $venv with $("$python" --version)"
    "$python" -m venv --clear "$venv" 2>/tmp/rnns-unrolled-venv.$$ ||
        fail "could not create $venv ($(tail -n 1 /tmp/rnns-unrolled-venv.$$)); on Debian: apt-get install python3-venv"
    rm -f /tmp/rnns-unrolled-venv.$$
}

# Retries are few, so that a machine without a network hears of it in seconds.
pip_install() {
    if ! "$bin/python" -m pip --disable-pip-version-check install --quiet --retries 2 "$@" >>"$log" 2>&1; then
        fail "installing failed; is there a network? pip's last words: $(grep -v '^ *$' "$log" | tail -n 1) (all of it: $log)"
    fi
}

# torch comes first, so that its index is asked for it and for nothing else.
install_torch() { # the version wanted
    if [ -n "${TORCH_INDEX:-}" ]; then
        pip_install "$1" --index-url "$TORCH_INDEX"
    else
        pip_install "$1"
    fi
}

# Which torch: the pinned one, TORCH=2.6 for the last of 2.6, or TORCH=newest.
wanted_torch() {
    case ${TORCH:-} in
    "") grep '^torch==' requirements.txt ;;
    newest) echo "torch" ;;
    [0-9]*.[0-9]*) echo "torch==$TORCH.*" ;;
    *) fail "TORCH=$TORCH is neither a version such as 2.6 nor the word newest." ;;
    esac
}

torch=$(wanted_torch) || exit 1 # before anything is made

case $part in
site)
    create_venv
    echo "Installing what the site needs (requirements-site.txt)"
    pip_install -r requirements-site.txt
    ;;
test)
    create_venv
    echo "Installing what the notebooks and tests need (requirements.txt, $torch)"
    install_torch "$torch"
    if [ -n "${TORCH:-}" ]; then
        # All but torch is pinned as ever.
        grep -v '^torch==' requirements.txt >"$venv/requirements.txt"
        pip_install -r "$venv/requirements.txt"
    else
        pip_install -r requirements.txt
    fi
    pip_install --no-deps --editable .
    ;;
colab)
    create_venv
    torch=$(grep '^torch==' requirements-colab.txt)
    echo "Installing what Colab has (requirements-colab.txt, $torch)"
    install_torch "$torch"
    pip_install -r requirements-colab.txt
    ;;
mutants)
    create_venv
    echo "Installing what makes mutants (requirements-mutants.txt)"
    pip_install -r requirements-mutants.txt
    ;;
assets)
    if ! command -v npm >/dev/null 2>&1; then
        echo "No npm on this machine: installing one into $venv (requirements-node.txt)"
        pip_install -r requirements-node.txt
        PATH="$PWD/$bin:$PATH"
        export PATH
    fi
    echo "Fetching the web assets (package-lock.json)"
    npm ci --no-audit --no-fund --loglevel=error >>"$log" 2>&1 ||
        fail "npm ci failed; is there a network? npm's last words: $(grep -v '^ *$' "$log" | tail -n 1) (all of it: $log)"
    ;;
*)
    fail "tools/environment.sh knows site, test, assets, colab and mutants, not '$part'"
    ;;
esac
