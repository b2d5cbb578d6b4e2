"""Golden answers of scipy for src/training/augment: one warp and one blur of a small image.

    pip install numpy scipy
    python tests/golden/make_augment.py
"""
import json
import pathlib

import numpy as np
from scipy import ndimage

height, width = 9, 12
y, x = np.mgrid[:height, :width]
pixels = ((37 * y + 11 * x * x + 5 * y * x) % 256).astype(np.float64)

# mirrored, 25 degrees, 0.8 of the side, centre moved by 0.05 and -0.03 of the sides
degrees, side, right, down = 25.0, 0.8, 0.05, -0.03
across, below = -(x - (width - 1) / 2) * side, (y - (height - 1) / 2) * side
sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
from_x = (width - 1) / 2 + right * width + across * cosine + below * sine
from_y = (height - 1) / 2 + down * height - across * sine + below * cosine
warped = ndimage.map_coordinates(pixels, [from_y, from_x], order=1, mode="reflect")

blurred = ndimage.gaussian_filter(pixels, 1.3, mode="reflect", radius=4)

golden = {
    "shape": [height, width, 1],
    "pixels": pixels.ravel().tolist(),
    "warp": {"degrees": degrees, "side": side, "right": right, "down": down},
    "warped": np.round(warped.ravel(), 4).tolist(),
    "deviation": 1.3,
    "blurred": np.round(blurred.ravel(), 4).tolist(),
}
(pathlib.Path(__file__).parent / "augment.json").write_text(json.dumps(golden) + "\n")
