"""Makes what version 0.1.0 left on disks: runs and checkpoints of formats that later versions must still read.

    python3 make.py RAILS     with the program of that version; the folder beside this script is made anew

Images are tiny and of one layer of 40 features, so that all of it takes little room. What no test reads (pages, plots,
folders of images) is left out. Only the standard library is needed.
"""

import math
import random
import shutil
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
HOME = HERE / "workplace"
KINDS = ["stripes", "rings", "noise"]


def image(kind: str, number: int, side: int = 48) -> bytes:
    """A grey picture as PGM."""
    chance = random.Random(f"{kind} {number}")
    shift, width = chance.uniform(0, 6), chance.uniform(5, 7)

    def grey(x: int, y: int) -> float:
        if kind == "stripes":
            return 128 + 90 * math.sin((x + shift) / width * 2 * math.pi)
        if kind == "rings":
            return 128 + 90 * math.cos(math.hypot(x - 24 - shift, y - 24) / width * 2 * math.pi)
        return chance.uniform(0, 255)

    pixels = bytes(round(grey(x, y)) for y in range(side) for x in range(side))
    return f"P5\n{side} {side}\n255\n".encode() + pixels


def frames(number: int, side: int = 12, n: int = 16) -> bytes:
    """A stack of counts as NPY; in every fourth frame half of the beam is missing."""
    chance = random.Random(f"frames {number}")
    counts = []
    for frame in range(n):
        beam = 40 * (0.4 if frame % 4 == 3 else 1) * (1 + number / 2)
        counts += [max(0, round(chance.gauss(beam, math.sqrt(beam)))) for _ in range(side * side)]
    header = f"{{'descr': '<u2', 'fortran_order': False, 'shape': ({n}, {side}, {side}), }}"
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(counts)}H", *counts)


def write(path: str, content: bytes | str) -> None:
    to = HOME / path
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(content.encode() if isinstance(content, str) else content)


def rails(*arguments: str, settings: tuple[str, ...] = ()) -> str:
    chosen = [word for setting in settings for word in ("--set", setting)]
    command = [sys.argv[1], *arguments, *chosen]
    done = subprocess.run(command, cwd=HOME, check=False, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"{command}\n{done.stderr}")
    return done.stdout


def newest(name: str) -> Path:
    return next((HOME / "experiments/runs").glob(f"*-{name}"))


def main() -> None:
    shutil.rmtree(HOME, ignore_errors=True)
    for kind in KINDS:
        for number in range(4):
            write(f"images/{kind}_{number}.pgm", image(kind, number))
    for number in range(2):
        write(f"frames/scan_{number}.npy", frames(number))
    write("new/stripes_new.pgm", image("stripes", 9))

    small = ('features.layers=["stage3"]', "report.layout=pca", 'cluster.methods=["kmeans"]', "cluster.kmeans.k=3")
    rails("cluster", "images", "--name", "plain", settings=(*small, "dataset.naming={kind}_{number}"))
    plain = newest("cluster-plain")
    rows = [line.split(",") for line in (plain / "images.csv").read_text().splitlines()]
    path, cluster = rows[0].index("path"), rows[0].index("kmeans")
    members = {row[cluster]: row[path] for row in rows[1:]}
    named = [
        f'{{"decision":"name_cluster","cluster":{number},"class":"{file.split("_")[0]}"}}\n'
        for number, file in sorted(members.items())
    ]
    moved = [f'{{"decision":"move","images":["{row[path]}"],"class":"{row[path].split("_")[0]}"}}\n' for row in rows[1:]]
    removed = '{"decision":"remove","images":["noise_3.pgm"],"reason":"too dark"}\n'
    write("decisions.jsonl", "".join(named + moved) + removed)
    rails("curate", plain.name, "--apply", "decisions.jsonl", "--by", "tester")

    mixed = ("features.hand_made={ statistics = 2, radial = 0.5 }", "features.network=0.5")
    rails("cluster", "images", "--name", "mixed", settings=(*small, *mixed, 'features.enhance=["clahe", { gamma = 0.5 }]'))
    alone = ("features.hand_made={ statistics = 1 }", "features.network=0")
    rails("cluster", "images", "--name", "hand-made", settings=(*small, *alone))
    write("frames.toml", '[features]\nframe = "relative_flux"\n[reduce]\nl2 = false\nmethod = "none"\n'
          '[cluster]\nfit_per = "dataset"\nmethods = ["kmeans"]\n[cluster.kmeans]\nk = 2\n[report]\nlayout = "pca"\n')
    rails("cluster", "frames", "--config", "frames.toml", "--name", "frames")
    spoiled = '{"decision":"name_cluster","cluster":0,"class":"spoiled"}\n{"decision":"name_cluster","cluster":1,"class":"usable"}\n'
    write("frames.jsonl", spoiled)
    rails("curate", newest("cluster-frames").name, "--apply", "frames.jsonl", "--by", "tester")
    write("patches.toml", '[patches]\nslices = 4\n[reduce]\nl2 = false\nstandardize = true\nmethod = "none"\n'
          '[cluster]\nmethods = ["kmeans"]\n[cluster.kmeans]\nk = 2\n')
    rails("cluster", "images", "--config", "patches.toml", "--name", "patches")
    write("separate.toml", '[[separate.layers]]\nname = "Missing"\nfeatures = ["missing"]\nk = 2\n'
          '[separate.inconsistency]\nlof = { neighbours = 4, threshold = 2.0 }\n[reduce]\nl2 = false\nn_components = 3\n')
    rails("cluster", "images", "--config", "separate.toml", "--name", "separate")
    rails("cluster", "new", "--assign", plain.name, "--name", "assign")

    whole = ("split.train=0.7", "split.validation=0.3", "split.test=0.0", "split.near_duplicates=0.0", "calibrate.folds=0")
    run = str(plain.relative_to(HOME))
    rails("train", run, "--name", "mlp", settings=(*whole, "mlp.hidden=[4]", "mlp.epochs=5", "mlp.batch_size=4"))
    rails("train", run, "--name", "linear", settings=(*whole, "linear.l2=0.03"))
    rails("train", run, "--name", "knn", settings=(*whole, "knn.k=3"))
    frames_run = str(newest("cluster-frames").relative_to(HOME))
    rails("train", frames_run, "--name", "frames", settings=(*whole, "linear.l2=0.03"))
    for checkpoint in sorted((HOME / "checkpoints").iterdir()):
        name = checkpoint.name.split("-")[0]
        images = "frames" if name == "frames" else "images"
        rails("predict", images, "--checkpoint", f"checkpoints/{checkpoint.name}", "--output", f"expected/{name}.csv")

    for path in [HOME / ".rails", *HOME.glob("experiments/runs/*/*")]:
        if path.name in {"report.html", "plots", "clusters", "skipped.csv", ".rails", "cluster_metadata.json", "patches.csv"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in [*HOME.glob("*.toml"), *HOME.glob("experiments/compare*"), *HOME.glob("checkpoints/*/predictions.csv")]:
        path.unlink()


main()
