#!/usr/bin/env bash
# Label yield: gestures against the quality of labels and classifier, as PNG, CSV and JSON. Needs python3; its packages go
# to .venv-peers/.
#   yield.sh IMAGES TRUTH.csv OUTPUT_FOLDER [SPLITS] [BACKBONE WEIGHTS]
set -euo pipefail
images=$(realpath "$1") truth=$(realpath "$2")
mkdir -p "$3"
output=$(realpath "$3")
shift 3
[ $# -lt 3 ] || set -- "$1" "$2" "$(realpath "$3")"
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check numpy matplotlib

cargo bench --bench yield -- "$images" "$truth" "$output/yield.json" "$@"
exec "$venv/bin/python" benches/peers/yield.py "$output"
