#!/usr/bin/env bash
# Hand-made features beside OpenCV, scikit-image and scipy, in one run. Packages go to .venv-peers/.
#
# usage: benches/peers/hand_made.sh [options of hand_made.py]
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check numpy scipy scikit-image opencv-python-headless

binary=$(cargo bench --bench hand_made --no-run --message-format=json |
    sed -n 's/.*"name":"hand_made".*"executable":"\([^"]*\)".*/\1/p')
exec "$venv/bin/python" benches/peers/hand_made.py "$binary" "$@"
