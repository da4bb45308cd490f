#!/bin/sh
# Write requirements-site.txt and requirements.txt from the dependency groups of pyproject.toml: `make lock` runs this.
# Pins that still fit are kept; UPGRADE=1 looks for the newest of everything. torch's pin is kept as it stands in
# requirements.txt, because resolving torch would pin the CUDA packages of its Linux build, gigabytes of them.
set -eu

uv=.venv/bin/uv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

torch=$(grep '^torch==' requirements.txt) || {
    echo "make lock: requirements.txt has no line torch==..., which is pinned there by hand" >&2
    exit 1
}

compile() { # group, file, further options
    group=$1
    file=$2
    shift 2
    cp "$file" "$work/$file" # uv takes the pins of a file that is there as its preference
    "$uv" pip compile --quiet --universal --python-version 3.11 --no-annotate --no-header ${UPGRADE:+--upgrade} \
        --group "$group" --output-file "$work/$file" "$@"
}

compile site requirements-site.txt
compile test requirements.txt --constraint "$work/requirements-site.txt"

{
    echo "# What building the site needs, pinned with all that it pulls in; no torch. Written by \`make lock\` from pyproject.toml."
    cat "$work/requirements-site.txt"
} >"$work/site"
{
    echo "# Everything a test run needs, pinned with all that it pulls in. Written by \`make lock\` from pyproject.toml."
    echo "$torch"
    cat "$work/requirements.txt"
} >"$work/test"

# Both or neither: the two files name the same versions.
mv "$work/site" requirements-site.txt
mv "$work/test" requirements.txt
