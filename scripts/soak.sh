#!/bin/sh
# The long run: property tests with new examples, long histories, many kills. Its result is kept in docs/soak.md.
set -eu

log=$(mktemp)
trap 'rm -f "$log"' EXIT
seed=${SEED:-$(date +%s)}
begun=$(date +%s)
status=0
HYPOTHESIS_PROFILE=soak .venv/bin/python -m pytest -n 2 --dist loadgroup -m "hypothesis or soak" -rA --hypothesis-seed="$seed" > "$log" 2>&1 || status=$?
tail -n 40 "$log"

{
    echo "# Last soak run"
    echo
    echo "\`make soak\` plays 1,000 random histories and 20 long ones of about 10,000 records against full builds, kills 200 builds, brings"
    echo "identity 10,000 orders of its evidence, and runs every other property test with 200 new examples. \`SEED=… make soak\` draws"
    echo "the same examples again. The last result:"
    echo
    echo "| date (UTC) | version | commit | seed | Python | cores | seconds | result |"
    echo "|---|---|---|---|---|---|---|---|"
    printf '| %s | %s | %s | %s | %s | %s | %s | %s |\n' "$(date -u +%Y-%m-%d)" \
        "$(sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)" \
        "$(git rev-parse --short HEAD)" "$seed" \
        "$(.venv/bin/python -c 'import platform; print(platform.python_version())')" "$(nproc)" "$(($(date +%s) - begun))" \
        "$(tail -n 1 "$log" | sed 's/^=* *//; s/ *=*$//')"
    echo
    grep -E '^[0-9]+ kills, seed' "$log" | sort -u | sed 's/^/- /' || true
} > docs/soak.md
exit "$status"
