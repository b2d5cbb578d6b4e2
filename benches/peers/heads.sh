#!/usr/bin/env bash
# Accuracy of the classifier recipes beside scikit-learn, on the same embeddings and folds, and what wrong labels cost.
#   heads.sh IMAGES TRUTH.csv [TEMPLATE GROUP]     such as '{tenant}_{sid}_{name}_C' sid: a group stays in one fold
# RESNET50=weights.safetensors compares that network too. Needs python3; its packages go to .venv-peers/.
# SEEDS (3) repeats everything, RECIPES and NOISE choose: see heads.py.
set -euo pipefail
images=$(realpath "$1") truth=$(realpath "$2")
shift 2
[ -z "${RESNET50:-}" ] || RESNET50=$(realpath "$RESNET50")
export RESNET50=${RESNET50:-}
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn pandas pyarrow safetensors

cargo build --release --bin rails
binary=$(cargo bench --bench heads --no-run --message-format=json |
    sed -n 's/.*"name":"heads".*"executable":"\([^"]*\)".*/\1/p')
exec "$venv/bin/python" benches/peers/heads.py "$(dirname "$binary")/../rails" "$binary" "$images" "$truth" "$@"
