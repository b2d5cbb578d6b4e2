"""Reads exports of `rails curate` in the folders csv, parquet, coco and imagefolder with the usual Python packages.

    python tests/golden/read_exports.py    prints as JSON what each of them holds
"""

import contextlib
import io
import json
from collections import Counter
from pathlib import Path

import pandas
import pyarrow.parquet
from PIL import Image
from pycocotools.coco import COCO


def tables(labels, removed):
    for file in [*labels["file"], *removed["file"]]:
        Image.open(file).verify()
    assert labels["id"].str.fullmatch("[0-9a-f]{32}").all()
    reasons = removed.groupby("reason")["path"].apply(list).to_dict()
    return {"classes": labels["class"].value_counts().to_dict(), "removed": reasons}


def coco():
    labels, removed = COCO("coco/labels.json"), COCO("coco/removed.json")
    root = Path(labels.dataset["info"]["root"])
    for annotation in labels.loadAnns(labels.getAnnIds()):
        image = labels.loadImgs(annotation["image_id"])[0]
        assert Image.open(root / image["file_name"]).size == (image["width"], image["height"])
        assert annotation["bbox"] == [0, 0, image["width"], image["height"]]
        assert labels.annToMask(annotation).all(), "the polygon covers the whole image"
    names = {category["id"]: category["name"] for category in labels.loadCats(labels.getCatIds())}
    classes = {name: len(labels.getImgIds(catIds=[id])) for id, name in names.items()}
    reasons = {
        category["name"]: [image["file_name"] for image in removed.loadImgs(removed.getImgIds(catIds=[category["id"]]))]
        for category in removed.loadCats(removed.getCatIds())
    }
    return {"classes": classes, "removed": reasons}


def image_folder():
    # As torchvision.datasets.ImageFolder lists it: one class per folder; `_removed` is set apart by its name.
    root = Path("imagefolder")
    files = [path for path in sorted(root.rglob("*")) if path.is_file() and path.name != "rails-output.json"]
    for path in files:
        Image.open(path).verify()
    parts = [path.relative_to(root).parts for path in files]
    classes = Counter(part[0] for part in parts if part[0] != "_removed")
    reasons = {}
    for part in parts:
        if part[0] == "_removed":
            reasons.setdefault(part[1], []).append(part[-1])
    return {"classes": dict(classes), "removed": reasons}


text = {"dtype": str, "keep_default_na": False}
read = {
    "csv": tables(pandas.read_csv("csv/labels.csv", **text), pandas.read_csv("csv/removed.csv", **text)),
    "parquet": tables(
        pyarrow.parquet.read_table("parquet/labels.parquet").to_pandas(),
        pyarrow.parquet.read_table("parquet/removed.parquet").to_pandas(),
    ),
    "imagefolder": image_folder(),
}
with contextlib.redirect_stdout(io.StringIO()):  # pycocotools reports on stdout
    read["coco"] = coco()
print(json.dumps(read))
