#!/bin/sh
# Opens the Dagster UI on http://127.0.0.1:3000 with the schedule and the sensor running. `make ui` calls it.
#   JOURNEY_LANDING   the exports        (default data/sample/landing)
#   JOURNEY_HOME      lake and warehouse (default var)
#   JOURNEY_CONFIG    a journey.toml     (default: the one in the landing folder, else config/journey.toml)
#   DAGSTER_HOME      run history        (default $JOURNEY_HOME/dagster)
#   JOURNEY_AUTOMATION=off  leaves schedule and sensor stopped
#   PORT              another port       (default 3000)
#   PYTHON            the interpreter    (default .venv/bin/python, else python3)
set -eu
cd "$(dirname "$0")/.."

if [ -z "${PYTHON:-}" ]; then
    PYTHON=python3
    [ -x .venv/bin/python ] && PYTHON=.venv/bin/python
fi
port="${PORT:-3000}"

# A second `dagster dev` on a used port does not fail: it starts a second daemon and fights the first one.
if ! "$PYTHON" -c "import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', int(sys.argv[1])))" "$port" 2>/dev/null; then
    echo "Port $port is in use: stop the other UI, or choose another port: PORT=3001 make ui" >&2
    exit 2
fi

mkdir -p "${JOURNEY_HOME:-var}"
# Dagster wants an absolute path.
export DAGSTER_HOME="${DAGSTER_HOME:-$(cd "${JOURNEY_HOME:-var}" && pwd)/dagster}"
export JOURNEY_AUTOMATION="${JOURNEY_AUTOMATION:-on}"
mkdir -p "$DAGSTER_HOME"
cp deploy/dagster.yaml "$DAGSTER_HOME/dagster.yaml"
exec "$PYTHON" -m dagster dev -h 127.0.0.1 -p "$port"
