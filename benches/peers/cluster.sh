#!/usr/bin/env bash
# The clustering stages beside scikit-learn, in one run.
#
# usage: benches/peers/cluster.sh FEATURES.npy [options of cluster.py]
# FEATURES.npy is a C-ordered float32 matrix [n, n_features]: more than 50 features are reduced (stage pca), up to 50 are
# clustered. RAILS_SIMD=avx2 or =portable shows what is left without AVX-512. Packages go to .venv-peers/.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check numpy scikit-learn

binary=$(cargo bench --bench cluster --no-run --message-format=json |
    sed -n 's/.*"name":"cluster".*"executable":"\([^"]*\)".*/\1/p')
exec "$venv/bin/python" benches/peers/cluster.py "$binary" "$@"
