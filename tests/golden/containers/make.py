"""Writes one picture in as many containers as there are, and kinds of files that are seldom met.

`same8/` and `same16/` hold one grey picture each, of 8 and of 12 bits; `same.json` has their pixels. `kinds/` holds others,
and `kinds.json` what each decodes to. Needs numpy, pillow, tifffile, imagecodecs, fabio, h5py; run it in this folder.
"""

import base64
import gzip
import hashlib
import json
import os
import struct

import fabio
import h5py
import numpy as np
import tifffile
from PIL import Image

rng = np.random.default_rng(11)
H, W = 16, 20
y, x = np.mgrid[:H, :W]
grey = np.clip(90 + 70 * np.sin(x / 3) + 60 * np.cos(y / 2) + rng.normal(0, 12, (H, W)), 0, 255).astype("u1")
deep = (grey.astype("u2") * 15 + rng.integers(0, 15, (H, W))).astype("u2")  # of 12 bits
rgb = np.stack([grey, grey.T.ravel()[: H * W].reshape(H, W), 255 - grey], -1)


def bmp(name, pixels, header_size, masks=True, alpha=0):
    """32 bits, bottom up, with a header of V3 (40), V4 (108) or V5 (124) bytes."""
    h, w = pixels.shape[:2]
    data = np.dstack([pixels[::-1, :, ::-1], np.full((h, w), alpha, "u1")]).tobytes()
    head = struct.pack("<IiiHHIIiiII", header_size, w, h, 1, 32, 3 if masks else 0, len(data), 0, 0, 0, 0)
    if masks:
        head += struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs"
    head = head.ljust(header_size, b"\0")
    file = b"BM" + struct.pack("<IHHI", 14 + len(head) + len(data), 0, 0, 14 + len(head)) + head + data
    open(name, "wb").write(file)


def bmp_rle8(name, levels):
    rows = b""
    for row in levels[::-1]:
        rows += b"".join(bytes([1, level]) for level in row) + b"\0\0"
    rows += b"\0\1"
    palette = b"".join(bytes([i, i, i, 0]) for i in range(256))
    h, w = levels.shape
    head = struct.pack("<IiiHHIIiiII", 40, w, h, 1, 8, 1, len(rows), 0, 0, 256, 0) + palette
    open(name, "wb").write(b"BM" + struct.pack("<IHHI", 14 + len(head) + len(rows), 0, 0, 14 + len(head)) + head + rows)


def edf(name, data, kind, extra="", tail=b"", pad=1024, byte_order="LowByteFirst"):
    h, w = data.shape
    text = f"{{\nByteOrder = {byte_order} ;\nDataType = {kind} ;\nDim_1 = {w} ;\nDim_2 = {h} ;\nSize = {data.nbytes} ;\n{extra}"
    blob = (text.ljust(pad - 2) + "}\n").encode() + data.tobytes() + tail
    (gzip.open if name.endswith(".gz") else open)(name, "wb").write(blob)


def byte_offset(values):
    out, last = b"", 0
    for value in values.ravel().astype("i8"):
        step = int(value - last)
        last = value
        if -128 < step < 128:
            out += struct.pack("<b", step)
        elif -(2**15) < step < 2**15:
            out += b"\x80" + struct.pack("<h", step)
        else:
            out += b"\x80\x00\x80" + struct.pack("<i", step)
    return out


def cbf(name, data, kind, md5=True, damaged=False):
    blob = byte_offset(data)
    h, w = data.shape
    text = (
        "###CBF: VERSION 1.5\r\n\r\ndata_x\r\n\r\n_array_data.data\r\n;\r\n--CIF-BINARY-FORMAT-SECTION--\r\n"
        'Content-Type: application/octet-stream;\r\n     conversions="x-CBF_BYTE_OFFSET"\r\n'
        f"Content-Transfer-Encoding: BINARY\r\nX-Binary-Size: {len(blob)}\r\nX-Binary-ID: 1\r\n"
        f'X-Binary-Element-Type: "{kind}"\r\nX-Binary-Element-Byte-Order: LITTLE_ENDIAN\r\n'
    )
    if md5:
        text += "Content-MD5: " + base64.b64encode(hashlib.md5(blob).digest()).decode() + "\r\n"
    text += (
        f"X-Binary-Number-of-Elements: {h * w}\r\nX-Binary-Size-Fastest-Dimension: {w}\r\n"
        f"X-Binary-Size-Second-Dimension: {h}\r\nX-Binary-Size-Padding: 0\r\n\r\n"
    )
    if damaged:
        blob = blob[:50] + bytes([blob[50] ^ 1]) + blob[51:]
    data = text.encode() + b"\x0c\x1a\x04\xd5" + blob + b"\r\n--CIF-BINARY-FORMAT-SECTION----\r\n;\r\n"
    (gzip.open if name.endswith(".gz") else open)(name, "wb").write(data)


def pack(values, bits):
    """Rows of packed numbers, each from a whole byte on."""
    rows = []
    for row in values:
        text = "".join(f"{int(v):0{bits}b}" for v in row)
        text += "0" * (-len(text) % 8)
        rows.append(bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8)))
    return b"".join(rows)


def tiff(name, data, bits, photometric=1, samples=1, order="<", extra=()):
    """A plain TIFF of one strip: what other writers do not write."""
    entries = [
        (256, 4, [W]), (257, 4, [H]), (258, 3, [bits] * samples), (259, 3, [1]), (262, 3, [photometric]),
        (273, 4, [0]), (277, 3, [samples]), (278, 4, [H]), (279, 4, [len(data)]), *extra,
    ]
    entries.sort()
    place = 8 + 2 + 12 * len(entries) + 4
    values, table = b"", b""
    for tag, kind, numbers in entries:
        if kind == 2:
            raw = numbers
        else:
            raw = b"".join(struct.pack(order + {3: "H", 4: "I"}[kind], n) for n in numbers)
        count = len(raw) // {2: 1, 3: 2, 4: 4}[kind]
        if tag == 273:
            table += struct.pack(order + "HHI", tag, kind, count) + b"HERE"
        elif len(raw) <= 4:
            table += struct.pack(order + "HHI", tag, kind, count) + raw.ljust(4, b"\0")
        else:
            table += struct.pack(order + "HHII", tag, kind, count, place + len(values))
            values += raw + b"\0" * (len(raw) % 2)
    table = table.replace(b"HERE", struct.pack(order + "I", place + len(values)))
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", len(entries))
    open(name, "wb").write(head + table + struct.pack(order + "I", 0) + values + data)


# --- one grey picture of eight bits
os.chdir("same8")
L = Image.fromarray(grey)
three = np.stack([grey] * 3, -1)
L.save("grey.png")
Image.fromarray(three).save("rgb.png")
Image.fromarray(np.dstack([three, np.full((H, W), 255, "u1")])).save("rgba.png")
Image.merge("LA", [L, Image.new("L", (W, H), 255)]).save("grey_alpha.png")
palette = Image.fromarray(255 - grey, mode="P")
palette.putpalette([v for i in range(256) for v in [255 - i] * 3])
palette.save("palette.png")
palette.save("palette.bmp")
palette.save("palette.gif")
L.save("grey.bmp")
Image.fromarray(three).save("rgb24.bmp")
bmp("v3.bmp", three, 40, masks=False)
bmp("v4_clear.bmp", three, 108)
bmp("v5_clear.bmp", three, 124)
bmp("v5_opaque.bmp", three, 124, alpha=255)
bmp_rle8("rle.bmp", grey)
Image.fromarray(three).save("lossless.webp", lossless=True)
L.save("binary.pgm")
Image.fromarray(three).save("binary.ppm")
open("ascii.pgm", "w").write(f"P2\n# a comment\n{W} {H}\n255\n" + "\n".join(" ".join(map(str, row)) for row in grey) + "\n")
open("ascii.ppm", "w").write(f"P3\n{W} {H}\n255\n" + "\n".join(" ".join(map(str, row)) for row in three.reshape(H, -1)) + "\n")
save = tifffile.imwrite
save("strips.tif", grey, rowsperstrip=5)
save("tiles.tif", grey, tile=(16, 16))
save("lzw.tif", grey, compression="lzw")
save("lzw_predictor.tif", grey, compression="lzw", predictor=True)
save("deflate.tif", grey, compression="zlib", predictor=True)
save("packbits.tif", grey, compression="packbits")
save("big_endian.tif", grey, byteorder=">")
save("bigtiff.tif", grey, bigtiff=True)
save("white.tif", 255 - grey, photometric="miniswhite")
save("rgb.tif", three, photometric="rgb")
save("planar.tif", np.moveaxis(three, 2, 0), photometric="rgb", planarconfig="separate")
save("planar_tiles.tif", np.moveaxis(three, 2, 0), photometric="rgb", planarconfig="separate", tile=(16, 16), compression="lzw")
save("rgba.tif", np.dstack([three, np.full((H, W), 255, "u1")]), photometric="rgb", extrasamples=["unassalpha"])
save("rgbx.tif", np.dstack([three, np.zeros((H, W), "u1")]), photometric="rgb", extrasamples=["unspecified"])
ramp = np.arange(256, dtype="u2")
save("palette.tif", 255 - grey, photometric="palette", colormap=np.stack([255 * 257 - ramp * 257] * 3))
save("palette_of_bytes.tif", grey, photometric="palette", colormap=np.stack([ramp] * 3))
save("cmyk.tif", np.dstack([255 - three, np.zeros((H, W), "u1")]), photometric="separated")
save("thumbnail.tif", grey)
save("thumbnail.tif", grey[::4, ::4], append=True)
np.save("c_order.npy", grey)
np.save("fortran.npy", np.asfortranarray(grey))
edf("bytes.edf", grey, "UnsignedByte")
edf("packed.edf.gz", grey, "Unsigned8")
cbf("bytes.cbf", grey, "unsigned 8-bit integer")
gzip.open("packed.pgm.gz", "wb").write(open("binary.pgm", "rb").read())
os.chdir("..")

# --- one grey picture of twelve bits
os.chdir("same16")
Image.fromarray(deep).save("grey.png")
Image.fromarray(deep.astype("i4")).save("binary.pgm")
open("ascii.pgm", "w").write(f"P2\n{W} {H}\n65535\n" + "\n".join(" ".join(map(str, row)) for row in deep) + "\n")
save("strips.tif", deep, rowsperstrip=5)
save("tiles.tif", deep, tile=(16, 16))
save("lzw.tif", deep, compression="lzw", predictor=True)
save("deflate_big_endian.tif", deep, compression="zlib", predictor=True, byteorder=">")
save("bigtiff_big_endian.tif", deep, bigtiff=True, byteorder=">")
save("white.tif", 65535 - deep, photometric="miniswhite")
save("rgb.tif", np.stack([deep] * 3, -1), photometric="rgb")
save("planar.tif", np.stack([deep] * 3), photometric="rgb", planarconfig="separate", tile=(16, 16))
save("signed.tif", deep.astype("i2"))
save("u4.tif", deep.astype("u4"))
save("f4.tif", deep.astype("f4"))
save("f4_predictor.tif", deep.astype("f4"), compression="zlib", predictor=3)
save("f8_big_endian.tif", deep.astype("f8"), byteorder=">")
tiff("packed12.tif", pack(deep, 12), 12)
np.save("little.npy", deep)
np.save("big.npy", deep.astype(">u2"))
np.save("fortran.npy", np.asfortranarray(deep))
np.save("f8.npy", deep.astype("f8"))
fabio.edfimage.EdfImage(data=deep).write("fabio.edf")
edf("unsigned16.edf", deep, "Unsigned16", extra="title = scan {3} ;\n")
edf("big_endian.edf", deep.astype(">u2"), "UnsignedShort", byte_order="HighByteFirst", tail=b"\0" * 512)
edf("float.edf.gz", deep.astype("f4"), "FloatIEEE32", pad=3072)
fabio.cbfimage.CbfImage(data=deep.astype("i4")).write("fabio.cbf")
cbf("unsigned16.cbf", deep, "unsigned 16-bit integer")
cbf("signed16.cbf.gz", deep, "signed 16-bit integer", md5=False)
with h5py.File("frame.h5", "w") as file:
    file["entry/data/data"] = deep
os.chdir("..")
json.dump({"same8": grey.ravel().tolist(), "same16": deep.ravel().tolist(), "height": H, "width": W}, open("same.json", "w"))

# --- others
os.chdir("kinds")
expected = {}


def note(name, pixels, depth, frames=1, tolerance=0, left_out=""):
    """`pixels` of the first frame, or all; NaN where a pixel was not measured."""
    pixels = np.asarray(pixels, float)
    channels = 3 if pixels.ndim > 2 and pixels.shape[-1] == 3 else 1
    values = [None if np.isnan(v) else int(v) if v == int(v) else v for v in pixels.ravel().tolist()]
    expected[name] = {"channels": channels, "depth": depth, "frames": frames, "tolerance": tolerance,
                      "left_out": left_out, "samples": values}


half = (deep / 8).astype("f2")
save("f2.tif", half); note("f2.tif", half, 32)
np.save("f2.npy", half); note("f2.npy", half, 32)
np.save("bool.npy", grey > 99); note("bool.npy", (grey > 99) * 255, 8)
np.save("colour.npy", rgb); note("colour.npy", rgb, 8)
signed = deep.astype("i2") - 1000
save("signed.tif", signed); note("signed.tif", signed, 32)
tiff("pilatus.tif", signed.tobytes(), 16, extra=[(339, 3, [2]), (270, 2, b"# Detector: PILATUS 100K\0")])
note("pilatus.tif", np.where(signed < 0, np.nan, signed), 16)
for bits in (2, 4):
    level = (grey >> (8 - bits)).astype(int)
    tiff(f"bits{bits}.tif", pack(level, bits), bits); note(f"bits{bits}.tif", level * 255 // (2**bits - 1), 8)
for bits in (10, 14):
    counts = deep >> 2 if bits == 10 else deep * 4
    tiff(f"bits{bits}.tif", pack(counts, bits), bits, order="<" if bits == 10 else ">")
    note(f"bits{bits}.tif", counts, 16)
reversed_bits = bytes(int(f"{b:08b}"[::-1], 2) for b in pack(grey > 99, 1))
tiff("bits1_reversed.tif", reversed_bits, 1, photometric=0, extra=[(266, 3, [2])])
note("bits1_reversed.tif", (grey <= 99) * 255, 8)
tiff("palette4.tif", pack(grey >> 4, 4), 4, photometric=3, extra=[(320, 3, sum([[i * c for i in range(16)] for c in (4096, 1024, 256)], []))])
note("palette4.tif", np.stack([(grey >> 4).astype(int) * c // 256 for c in (4096, 1024, 256)], -1), 8)
save("rgb_jpeg.tif", rgb, photometric="rgb", compression="jpeg")
note("rgb_jpeg.tif", tifffile.imread("rgb_jpeg.tif"), 8, tolerance=24)
save("grey_jpeg_tiles.tif", grey, compression="jpeg", tile=(16, 16))
note("grey_jpeg_tiles.tif", tifffile.imread("grey_jpeg_tiles.tif"), 8, tolerance=3)
save("gdal_float.tif", deep.astype("f4"), extratags=[(42113, "s", 0, str(float(deep[0, 0])), True)])
note("gdal_float.tif", np.where(deep == deep[0, 0], np.nan, deep), 32)
save("gdal_u2.tif", deep, extratags=[(42113, "s", 0, str(deep[0, 0]), True)])
note("gdal_u2.tif", np.where(deep == deep[0, 0], np.nan, deep), 16)
stack = np.stack([deep, deep // 2, deep // 3])
save("imagej.tif", stack, imagej=True, truncate=True); note("imagej.tif", stack, 16, frames=3)
hyper = np.stack([stack, stack + 1])
save("hyperstack.tif", hyper, imagej=True, truncate=True, metadata={"axes": "TZYX"})
note("hyperstack.tif", hyper, 16, frames=6)
whole = open("imagej.tif", "rb").read()
open("imagej_cut.tif", "wb").write(whole[:-7]); note("imagej_cut.tif", stack[:2], 16, frames=2, left_out="1 of 3 frames")
colours = np.stack([rgb, 255 - rgb])
save("rgb_pages.tif", colours, photometric="rgb"); note("rgb_pages.tif", colours, 8, frames=2)
save("planar_pages.tif", np.moveaxis(colours, 3, 1), photometric="rgb", planarconfig="separate", compression="lzw")
note("planar_pages.tif", colours, 8, frames=2)
save("white_pages.tif", np.stack([grey, grey // 2]), photometric="miniswhite")
note("white_pages.tif", 255 - np.stack([grey, grey // 2]), 8, frames=2)
saturated = np.where(grey > 99, 65535, deep).astype("u2")
save("saturated_one.tif", saturated); note("saturated_one.tif", saturated, 16)
save("saturated_two.tif", np.stack([saturated, deep]), photometric="minisblack")
note("saturated_two.tif", np.stack([saturated, deep]), 16, frames=2)
save("pages_and_thumbnail.tif", np.stack([deep, deep]), photometric="minisblack")
save("pages_and_thumbnail.tif", grey[::4, ::4], append=True)
note("pages_and_thumbnail.tif", np.stack([deep, deep]), 16, frames=2, left_out="1 of 3 pages")
gzip.open("pages.tif.gz", "wb").write(open("rgb_pages.tif", "rb").read()); note("pages.tif.gz", colours, 8, frames=2)
np.save("fortran_stack.npy", np.asfortranarray(stack)); note("fortran_stack.npy", stack, 16, frames=3)
np.save("colour_stack.npy", colours); note("colour_stack.npy", colours, 8, frames=2)
gzip.open("stack.npy.gz", "wb").write(open("fortran_stack.npy", "rb").read()); note("stack.npy.gz", stack, 16, frames=3)
image = fabio.edfimage.EdfImage(data=deep)
image.append_frame(data=deep // 2)
image.write("several.edf")
open("several_tail.edf", "wb").write(open("several.edf", "rb").read() + b"\1" * 300)
note("several_tail.edf", stack[:2], 16, frames=2, left_out="300 bytes")
gzip.open("several.edf.gz", "wb").write(open("several.edf", "rb").read()); note("several.edf.gz", stack[:2], 16, frames=2)
os.remove("several.edf")
negative = deep.astype("i4"); negative[3] = -1; negative[4, 4] = 100_000; negative[5, 5] = 70_000_000
cbf("steps.cbf", negative, "signed 32-bit integer")
note("steps.cbf", np.where(negative < 0, np.nan, negative), 32)
cbf("signed8.cbf", (grey // 2).astype("i1"), "signed 8-bit integer"); note("signed8.cbf", grey // 2, 16)
Image.fromarray(rgb).save("sixteen_pixels.jpg", quality=95, subsampling=2)
back = np.asarray(Image.open("sixteen_pixels.jpg")); note("sixteen_pixels.jpg", back, 8, tolerance=40)
smooth = Image.fromarray(grey).resize((64, 48), Image.BICUBIC)
for name, options in {"baseline": {}, "progressive": {"progressive": True}, "restarts": {"restart_marker_blocks": 3}}.items():
    smooth.save(f"{name}.jpg", quality=90, **options)
    note(f"{name}.jpg", np.asarray(Image.open(f"{name}.jpg")), 8, tolerance=4)
    jpeg = open(f"{name}.jpg", "rb").read()
    open(f"{name}_without_end.jpg", "wb").write(jpeg[:-2])
    expected[f"{name}_without_end.jpg"] = {"like": f"{name}.jpg"}
json.dump(expected, open("../kinds.json", "w"))
