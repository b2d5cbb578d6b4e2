#!/bin/sh
# Makes datasets/surfaces: 192 tiles of 64 x 64 pixels, cut from three CC0 textures (brick, grass, gravel) that the
# PyPI package scikit-image carries. Needs Python with pip, and cargo. Run from anywhere; replaces what is there.
set -eu
cd "$(dirname "$0")/.."
version=0.26.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$work" "scikit-image==$version"
python3 - "$work" <<'PYTHON'
import glob, hashlib, os, sys, zipfile

# From skimage/data/_registry.py of the same package.
WANTED = {
    "brick.png": "7966caf324f6ba843118d98f7a07746d22f6a343430add0233eca5f6eaaa8fcf",
    "grass.png": "b6b6022426b38936c43a4ac09635cd78af074e90f42ffa8227ac8b7452d39f89",
    "gravel.png": "c48615b451bf1e606fbd72c0aa9f8cc0f068ab7111ef7d93bb9b0f2586440c12",
}
work = sys.argv[1]
os.mkdir(f"{work}/textures")
with zipfile.ZipFile(glob.glob(f"{work}/*.whl")[0]) as wheel:
    for name, sha256 in WANTED.items():
        data = wheel.read(f"skimage/data/{name}")
        assert hashlib.sha256(data).hexdigest() == sha256, name
        with open(f"{work}/textures/{name}", "wb") as file:
            file.write(data)
PYTHON

rails=${RAILS:-"cargo run --quiet --release --bin rails --"}
$rails tile "$work/textures" --size 64 --output "$work/surfaces"
# What a tile shows is the first part of its name.
python3 - "$work/surfaces" <<'PYTHON'
import csv, pathlib, sys

folder = pathlib.Path(sys.argv[1])
with open(folder / "labels.csv", "w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["path", "class"])
    table.writerows((path.name, path.name.split("_")[0]) for path in sorted(folder.glob("*.png")))
PYTHON
cp datasets/surfaces/LICENSE.md "$work/surfaces/"
rm -r datasets/surfaces
mv "$work/surfaces" datasets/surfaces
