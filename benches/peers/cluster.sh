#!/bin/sh
# Builds our side and runs benches/peers/cluster.py. usage: cluster.sh FEATURES.npy [options of cluster.py]
# Needs a Python with numpy and scikit-learn as $PYTHON. RAILS_SIMD=avx2 or =portable shows what is left without AVX-512.
# FEATURES.npy is a C-ordered float32 matrix [n, 50].
set -eu
cd "$(dirname "$0")/../.."
binary=$(cargo bench --bench cluster --no-run --message-format=json ${CARGO_BENCH_FLAGS:-} |
    "${PYTHON:-python3}" -c 'import json, sys
print([m["executable"] for m in map(json.loads, sys.stdin) if m.get("target", {}).get("name") == "cluster" and m.get("executable")][-1])')
exec "${PYTHON:-python3}" benches/peers/cluster.py "$binary" "$@"
