#!/usr/bin/env bash
# Seconds per epoch of classifiers beside scikit-learn and PyTorch (CPU), in one run. Needs python3; its packages go to .venv-peers/.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn torch

binary=$(cargo bench --bench train --no-run --message-format=json |
    sed -n 's/.*"name":"train".*"executable":"\([^"]*\)".*/\1/p')
exec "$venv/bin/python" benches/peers/train.py "$binary"
