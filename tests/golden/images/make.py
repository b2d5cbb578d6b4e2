"""Makes the small image files of this folder and expected.json: the samples that decoding must give.
Written with Pillow, whose decoder is also the judge of the lossy ones.   pip install pillow numpy"""
import json
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
rng = np.random.default_rng(3)
grey = rng.integers(0, 256, (5, 7), dtype=np.uint8)
rgb = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
smooth = np.add.outer(np.arange(16) * 5, np.arange(16) * 9).astype(np.uint8)
smooth_rgb = np.stack([smooth, 255 - smooth, smooth // 2], -1)
alpha = rng.integers(0, 256, (5, 7), dtype=np.uint8)
deep = rng.integers(0, 65536, (5, 7), dtype=np.uint16)
flt = rng.normal(0, 1e4, (5, 7)).astype(np.float32)
flt[2, 3], flt[0, 0] = np.nan, np.inf
ints = rng.integers(-2**20, 2**20, (5, 7), dtype=np.int32)
bits = rng.integers(0, 2, (5, 11), dtype=np.uint8)
palette = Image.fromarray(rgb).quantize(4)
palette_rgb = np.asarray(palette.convert("RGB"))

expected = {}


def keep(name, image, samples, depth, tolerance=0, **options):
    if image is not None:
        image.save(HERE / name, **options)
    samples = np.asarray(samples)
    channels = 1 if samples.ndim == 2 else samples.shape[2]
    values = [float(v) if np.isfinite(v) else None for v in samples.ravel().tolist()]
    expected[name] = {"shape": [samples.shape[0], samples.shape[1], channels], "depth": depth,
                      "tolerance": tolerance, "samples": values}


def blend(color, alpha):
    return (color.astype(int) * alpha + 127) // 255


def judged(name, image, **options):
    """Lossy: Pillow's own decoder tells what is in the file."""
    image.save(HERE / name, **options)
    back = Image.open(HERE / name)
    keep(name, None, np.asarray(back.convert("L" if back.mode == "L" else "RGB")), 8, tolerance=4)


keep("grey.png", Image.fromarray(grey), grey, 8)
keep("grey16.png", Image.fromarray(deep), deep, 16)
keep("rgb.png", Image.fromarray(rgb), rgb, 8)
keep("grey_as_rgb.png", Image.fromarray(np.stack([grey] * 3, -1)), grey, 8)
keep("palette.png", palette, palette_rgb, 8)
keep("bilevel.png", Image.fromarray(bits * 255).convert("1"), bits * 255, 8)
keep("grey_alpha.png", Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]), blend(grey, alpha), 8)
keep("rgba.png", Image.fromarray(np.dstack([rgb, alpha])), blend(rgb, alpha[..., None]), 8)
keep("rgb.bmp", Image.fromarray(rgb), rgb, 8)
keep("palette.bmp", palette, palette_rgb, 8)
keep("grey16.tif", Image.fromarray(deep), deep, 16)
keep("float.tif", Image.fromarray(flt), flt, 32)
keep("int32.tif", Image.fromarray(ints), ints, 32)
keep("palette.tif", palette, palette_rgb, 8)
keep("bilevel.tif", Image.fromarray(bits * 255).convert("1"), bits * 255, 8)
keep("rgb_lzw.tif", Image.fromarray(rgb), rgb, 8, compression="tiff_lzw")
keep("grey.pgm", Image.fromarray(grey), grey, 8)
keep("grey16.pgm", Image.fromarray(deep.astype(np.int32)), deep, 16)
keep("rgb.webp", Image.fromarray(rgb), rgb, 8, lossless=True)
keep("animated.webp", Image.fromarray(rgb), rgb, 8, lossless=True, save_all=True,
     append_images=[Image.fromarray(255 - rgb)])
keep("animated.gif", palette, palette_rgb, 8, save_all=True, append_images=[palette.rotate(180)])
judged("grey.jpg", Image.fromarray(smooth), quality=95)
judged("rgb.jpg", Image.fromarray(smooth_rgb), quality=95, subsampling=0)
judged("progressive.jpg", Image.fromarray(smooth_rgb), quality=95, subsampling=0, progressive=True)
judged("cmyk.jpg", Image.fromarray(smooth_rgb).convert("CMYK"), quality=95)
(HERE / "expected.json").write_text(json.dumps(expected))
