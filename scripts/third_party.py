#!/usr/bin/env python3
"""Writes THIRD-PARTY.txt: the crates that a built `rails` contains, with their licences and notices.

    scripts/third_party.py            # writes it anew
    scripts/third_party.py --check    # fails where it is not what it should be

What counts is what is linked, on any system and with any feature: neither tools of the build nor of the tests. Texts that
several crates share stand there once. Which licences may come in is for deny.toml to say. Needs Python 3 alone, and the
sources of the crates as cargo keeps them.
"""

import json
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
NOTICE = ROOT / "THIRD-PARTY.txt"
TEXTS = re.compile(r"^(licen[cs]e|copying|copyright|notice|unlicense)", re.IGNORECASE)

HEAD = """\
What rails is built on

The program contains the {n} crates below, each under its licence; where a crate offers MIT among others, it is taken under MIT.
scripts/third_party.py writes this file from Cargo.lock and the crates' own files; deny.toml says which licences may come in.
The fonts and the weights within have their licences beside them: assets/fonts/LICENSE_DEJAVU, checkpoints/efficientnet-lite0.LICENSE.

"""


def metadata():
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def linked(data):
    """The packages that the program contains, sorted; those of this repository left out."""
    packages = {package["id"]: package for package in data["packages"]}
    nodes = {node["id"]: node for node in data["resolve"]["nodes"]}
    procedural = {
        id for id, package in packages.items() if any("proc-macro" in target["kind"] for target in package["targets"])
    }
    waiting, seen = [id for id in data["workspace_members"]], set()
    while waiting:
        id = waiting.pop()
        if id in seen or id in procedural:
            continue
        seen.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                waiting.append(dependency["pkg"])
    found = [packages[id] for id in seen if packages[id]["source"]]
    return sorted(found, key=lambda package: (package["name"], package["version"]))


def licence(package):
    """The licence in SPDX's words; older crates write a slash for OR."""
    return re.sub(r"\s*/\s*", " OR ", package["license"] or "see its text")


def texts(package):
    """The licence and notice files of a crate that count."""
    folder = pathlib.Path(package["manifest_path"]).parent
    files = {path for path in folder.iterdir() if path.is_file() and TEXTS.match(path.name)}
    if package["license_file"]:
        files.add(folder / package["license_file"])
    mit = {path for path in files if re.search(r"(?<![a-z])mit(?![a-z])", path.name, re.IGNORECASE)}
    if mit and "MIT" in re.split(r" OR ", licence(package)):
        files = mit | {path for path in files if path.name.upper().startswith(("NOTICE", "COPYRIGHT"))}
    for path in sorted(files):
        text = path.read_text(encoding="utf-8", errors="replace").replace("\r\n", "\n")
        yield "\n".join(line.rstrip() for line in text.strip().expandtabs().splitlines())


def page():
    packages = linked(metadata())
    lines = [HEAD.format(n=len(packages))]
    by_text = {}
    for package in packages:
        name = f"{package['name']} {package['version']}"
        lines.append(f"{name:<40} {licence(package):<45} {package['repository'] or ''}".rstrip() + "\n")
        for text in texts(package):
            # The same words, however their lines are broken.
            by_text.setdefault(" ".join(text.split()), (text, []))[1].append(name)
    lines.append("\n\nTheir notices and licences\n")
    for text, names in sorted(by_text.values(), key=lambda shared: shared[1]):
        names = ", ".join(dict.fromkeys(names))
        lines.append(f"\n{'=' * 100}\n{textwrap.fill(names, 100)}\n{'-' * 100}\n{text}\n")
    return "".join(lines)


def main():
    written = page()
    if sys.argv[1:] == ["--check"]:
        if not NOTICE.exists() or NOTICE.read_text(encoding="utf-8") != written:
            sys.exit("THIRD-PARTY.txt is not up to date (hint: run scripts/third_party.py and look at the difference)")
    elif sys.argv[1:]:
        sys.exit(__doc__)
    else:
        NOTICE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
