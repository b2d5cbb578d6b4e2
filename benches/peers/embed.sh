#!/usr/bin/env bash
# The native engine beside onnxruntime, in one run.
#
# usage: benches/peers/embed.sh [RESNET50.safetensors [VGG16.safetensors]]     weights of the `caffe` variants
# THREADS (2), BATCH (32) and ROUNDS (7) can be set. Needs python3; its packages go to .venv-peers/.
set -euo pipefail
cd "$(dirname "$0")/../.."

venv=.venv-peers
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check numpy onnx onnxruntime safetensors

binary=$(cargo bench --bench embed --no-run --message-format=json |
    "$venv/bin/python" -c 'import json, sys
for line in sys.stdin:
    message = json.loads(line)
    if message.get("target", {}).get("name") == "embed" and message.get("executable"):
        print(message["executable"])')

"$venv/bin/python" benches/peers/embed.py "$binary" efficientnet-lite0 head
[ $# -lt 1 ] || "$venv/bin/python" benches/peers/embed.py "$binary" resnet50 conv4_block6_out "$1"
[ $# -lt 2 ] || "$venv/bin/python" benches/peers/embed.py "$binary" vgg16 block5_conv3 "$2"
