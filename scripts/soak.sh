#!/bin/sh
# The long run: every property test with many new examples, and the tests marked `soak`. Its result is kept in docs/soak.md.
set -eu

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
HYPOTHESIS_PROFILE=soak .venv/bin/python -m pytest -n 2 --dist loadgroup -m "hypothesis or soak" > "$log" 2>&1 || status=$?
tail -n 40 "$log"

{
    echo "# Last soak run"
    echo
    echo "\`make soak\` runs every property test with 200 examples, new ones each time,"
    echo "and the tests marked \`soak\`. The last result:"
    echo
    echo "| date (UTC) | version | commit | Python | cores | result |"
    echo "|---|---|---|---|---|---|"
    printf '| %s | %s | %s | %s | %s | %s |\n' "$(date -u +%Y-%m-%d)" \
        "$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)" \
        "$(git rev-parse --short HEAD)" "$(.venv/bin/python -c 'import platform; print(platform.python_version())')" "$(nproc)" \
        "$(tail -n 1 "$log" | sed 's/^=* *//; s/ *=*$//')"
} > docs/soak.md
exit "$status"
