#!/usr/bin/env bash
# Classes never seen, and whether confidences can be believed: each class left out in turn, five folds.
#   unknown.sh IMAGES TRUTH.csv [TEMPLATE GROUP]     such as '{tenant}_{sid}_{name}_C' sid: a group stays in one fold
# RESNET50=weights.safetensors measures that network too. Needs python3; its packages go to .venv-peers/.
set -euo pipefail
images=$(realpath "$1") truth=$(realpath "$2")
shift 2
[ -z "${RESNET50:-}" ] || RESNET50=$(realpath "$RESNET50")
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn

out=$(mktemp -d)
trap 'rm -r "$out"' EXIT
measure() { # backbone weights
    cargo bench --quiet --bench unknown -- "$images" "$truth" "$@" > "$out/$1.csv"
}
measure efficientnet-lite0 - "$@"
[ -z "${RESNET50:-}" ] || measure resnet50 "$RESNET50" "$@"
"$venv/bin/python" benches/peers/unknown.py "$out"/*.csv
