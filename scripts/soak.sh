#!/bin/sh
# The long run: every test with large property-test runs, and the tests marked `soak`. Its result is kept in docs/soak.md.
set -eu

log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
HYPOTHESIS_PROFILE=soak .venv/bin/python -m pytest -n 2 --dist loadgroup > "$log" 2>&1 || status=$?
tail -n 40 "$log"

{
    echo "# Last soak run"
    echo
    echo "\`make soak\` runs every test with the hypothesis profile \`soak\` (1,000 examples a property, new ones each time)"
    echo "and the tests marked \`soak\`. The last result:"
    echo
    echo "| date (UTC) | version | Python | cores | result |"
    echo "|---|---|---|---|---|"
    printf '| %s | %s | %s | %s | %s |\n' "$(date -u +%Y-%m-%d)" \
        "$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)" \
        "$(.venv/bin/python -c 'import platform; print(platform.python_version())')" "$(nproc)" \
        "$(tail -n 1 "$log" | sed 's/^=* *//; s/ *=*$//')"
} > docs/soak.md
exit "$status"
