"""Makes resize.json: what onnxruntime's Resize answers, with the settings of torch's F.interpolate
(half-pixel centres, no antialiasing, cubic coefficient -0.75).   pip install numpy onnx onnxruntime"""
import json
from pathlib import Path

import numpy as np
import onnxruntime
from onnx import TensorProto, helper

SHAPES = [((5, 7, 1), (3, 4)), ((3, 4, 3), (7, 6)), ((1, 1, 1), (3, 2)), ((8, 8, 1), (8, 3)), ((2, 9, 3), (5, 9))]


def resize(pixels, size, mode):
    node = helper.make_node(
        "Resize", ["x", "", "", "sizes"], ["y"], mode={"bilinear": "linear", "bicubic": "cubic"}[mode],
        coordinate_transformation_mode="half_pixel", cubic_coeff_a=-0.75, antialias=0)
    sizes = helper.make_tensor("sizes", TensorProto.INT64, [4], [1, pixels.shape[2], *size])
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], [sizes])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (y,) = session.run(None, {"x": pixels.transpose(2, 0, 1)[None]})
    return y[0].transpose(1, 2, 0)


rng = np.random.default_rng(7)
cases = []
for old, new in SHAPES:
    pixels = rng.integers(0, 256, old).astype(np.float32)
    for mode in ["bilinear", "bicubic"]:
        expected = resize(pixels, new, mode)
        cases.append({"interpolation": mode, "old": old, "new": new, "pixels": pixels.ravel().tolist(),
                      "expected": [round(float(v), 4) for v in expected.ravel()]})
Path(__file__).with_suffix(".json").write_text(json.dumps({"cases": cases}))
