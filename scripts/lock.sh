#!/bin/sh
# Writes requirements.lock from pyproject.toml: exact versions and hashes, no index address. Pins stay unless --upgrade is given.
set -eu

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT

.venv/bin/python -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check pip-tools
# pip-compile keeps the versions that it finds in the output file. Extras stay written out: older pips want a hash-checked
# requirement such as `uvicorn[standard]` pinned under that very name.
cp requirements.lock "$tools/lock"
"$tools/venv/bin/pip-compile" --quiet --all-extras --generate-hashes --allow-unsafe --no-strip-extras \
    --no-header --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --annotation-style line \
    "$@" --output-file "$tools/lock" pyproject.toml
{
    echo "# Every package that the project runs, tests and is built with: exact versions and hashes, and no index address,"
    echo "# so that any ordinary index or mirror serves it. Made from pyproject.toml by \`make lock\`; do not edit by hand."
    grep -v '^#' "$tools/lock"
} > requirements.lock
