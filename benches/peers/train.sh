#!/bin/sh
# Seconds per epoch beside scikit-learn, in one run. Needs python3 with scikit-learn (`pip install scikit-learn`).
set -eu
cd "$(dirname "$0")/../.."
bench=$(cargo bench --bench train --no-run --message-format=json ${CARGO_BENCH_FLAGS:-} |
    sed -n 's/.*"name":"train".*"executable":"\([^"]*\)".*/\1/p')
exec "${PYTHON:-python3}" benches/peers/train.py "$bench"
