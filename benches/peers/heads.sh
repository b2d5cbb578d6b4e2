#!/usr/bin/env bash
# Accuracy of the classifier recipes beside scikit-learn, on the same embeddings and folds, and what wrong labels cost.
# Usage: heads.sh DATA RESNET50.safetensors, where DATA holds railbed_dev/, magnetic_tile_dev/ and their _truth.csv.
# Needs python3; its packages go to .venv-peers/. SEEDS (default 3) repeats everything.
set -euo pipefail
data=$(realpath "$1") weights=$(realpath "$2")
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn pandas pyarrow safetensors

cargo build --release --bin rails
binary=$(cargo bench --bench heads --no-run --message-format=json |
    sed -n 's/.*"name":"heads".*"executable":"\([^"]*\)".*/\1/p')
rails=$(dirname "$binary")/../rails
exec "$venv/bin/python" benches/peers/heads.py "$rails" "$binary" "$data" "$weights"
