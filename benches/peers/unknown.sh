#!/bin/sh
# Unknown classes and calibration: each class left out in turn, five folds. Needs ../shared/data and the ResNet-50
# weights imported (rails models import … --as resnet50); scikit-learn goes into a virtual environment.
#   benches/peers/unknown.sh
set -e
cd "$(dirname "$0")/../.."
data=${RAILS_SHARED:-../shared}/data
venv=$(mktemp -d)
python3 -m venv "$venv" && "$venv/bin/pip" -q install numpy scikit-learn
out=$(mktemp -d)
for backbone in "resnet50 conv4_block6_out" "efficientnet-lite0 head"; do
    name=${backbone%% *}
    # shellcheck disable=SC2086 # name and layer are two words
    cargo bench -q --bench unknown -- "$data/railbed_dev" "$data/railbed_dev_truth.csv" $backbone \
        "{tenant}_{sid}_{name}_C" > "$out/railbed-$name.csv"
    # shellcheck disable=SC2086
    cargo bench -q --bench unknown -- "$data/magnetic_tile_dev" "$data/magnetic_tile_dev_truth.csv" $backbone \
        > "$out/magnetic-$name.csv"
done
"$venv/bin/python" benches/peers/unknown.py "$out"/*.csv
