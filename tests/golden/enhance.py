"""Makes enhance.json: what OpenCV, numpy and scikit-image answer.
pip install numpy opencv-python-headless scikit-image"""
import json
from pathlib import Path

import cv2
import numpy as np
from skimage import exposure

rng = np.random.default_rng(11)


def texture(height, width, low, high):
    """Blobs, a slope and noise, dark and of low contrast."""
    y, x = np.mgrid[:height, :width]
    waves = np.sin(x / 5.0) * np.cos(y / 7.0) + x / max(width, 1) + rng.normal(0, 0.3, (height, width))
    waves = (waves - waves.min()) / max(np.ptp(waves), 1e-9)
    return (low + waves * (high - low)).round().astype(np.uint8)


def stretch(image, low, high):
    ends = tuple(np.percentile(image, (low, high)))
    return image if ends[0] == ends[1] else exposure.rescale_intensity(image.astype(float), ends, (0, 255))


GREY = {
    "gamma": lambda image: exposure.adjust_gamma(image.astype(float) / 255, 0.7) * 255,
    "equalize": cv2.equalizeHist,
    "clahe": cv2.createCLAHE(2.0, (8, 8)).apply,
    "stretch": lambda image: stretch(image, 2, 98),
    "denoise": lambda image: cv2.medianBlur(image, 3),
}
WITH_PARAMETERS = [
    ({"gamma": 2.2}, lambda image: exposure.adjust_gamma(image.astype(float) / 255, 2.2) * 255),
    ({"clahe": {"tiles": 2, "clip_limit": 3.0}}, cv2.createCLAHE(3.0, (2, 2)).apply),
    ({"clahe": {"tiles": 3, "clip_limit": 40.0}}, cv2.createCLAHE(40.0, (3, 3)).apply),
    ({"stretch": {"low": 5, "high": 75}}, lambda image: stretch(image, 5, 75)),
    ({"denoise": {"passes": 2}}, lambda image: cv2.medianBlur(cv2.medianBlur(image, 3), 3)),
]
# equalizeHist and the median are exact; OpenCV rounds CLAHE's blend to levels.
TOLERANCE = {"equalize": 0.0, "denoise": 0.0, "clahe": 0.501, "gamma": 0.001, "stretch": 0.001,
             "flat-field": 0.01, "invert": 0.0}

images = [texture(24, 32, 20, 90), texture(13, 21, 0, 255), texture(16, 9, 100, 140), texture(1, 1, 77, 77),
          texture(3, 2, 5, 250), np.full((6, 8), 40, np.uint8), texture(64, 48, 10, 80)]
cases = []


def case(index, enhancement, answer):
    name = enhancement if isinstance(enhancement, str) else next(iter(enhancement))
    cases.append({"image": index, "enhancement": enhancement, "tolerance": TOLERANCE[name],
                  "expected": [round(float(v), 3) for v in np.ravel(answer)]})


for index, image in enumerate(images[:-1]):
    for name, filter in GREY.items():
        case(index, name, filter(image))
for enhancement, filter in WITH_PARAMETERS:
    for index in [1, len(images) - 1] if "clahe" in enhancement else [1]:
        case(index, enhancement, filter(images[index]))
case(len(images) - 1, "clahe", GREY["clahe"](images[-1]))
images.append(np.stack([texture(7, 9, 0, 200), texture(7, 9, 50, 255), texture(7, 9, 0, 30)], axis=2))
case(len(images) - 1, "denoise", cv2.medianBlur(images[-1], 3))



def flat_field(image, share=0.12):
    """Normalised convolution of cells that are averaged, and stretched back by bilinear interpolation."""
    lit = (image >= 3).astype(np.float32)
    height, width = image.shape
    longer = max(height, width)
    size = [-(-side * 64 // max(longer, 64)) for side in (width, height)]
    cells = [cv2.resize(plane, size, interpolation=cv2.INTER_AREA) for plane in (image * lit, lit)]
    sigma = share * max(size)
    window = 2 * int(np.ceil(2 * sigma)) + 1
    light, weight = (cv2.GaussianBlur(cell, (window, window), sigma, borderType=cv2.BORDER_REPLICATE) for cell in cells)
    mean = image[image >= 3].mean()
    light = cv2.resize(np.maximum(light / weight, 0.1 * mean), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.minimum(image * mean / light, 255)


uneven = texture(96, 128, 40, 120)
uneven[:, :20] = 0
for image in [texture(24, 32, 20, 90), uneven]:
    images.append(image)
    case(len(images) - 1, "flat-field", flat_field(image.astype(np.float32)))
    case(len(images) - 1, "invert", 255 - image)
images = [image.reshape(*image.shape[:2], -1) for image in images]
answer = {"images": [{"shape": image.shape, "values": image.ravel().tolist()} for image in images], "cases": cases}
text = json.dumps(answer, separators=(",", ":")).replace(".0,", ",").replace(".0]", "]")
Path(__file__).with_suffix(".json").write_text(text + "\n")
