"""Runs before an engine's program: lets torchvision be imported beside a torch for the CPU.

PyPI's torchvision is built for CUDA. Beside another torch its operators and its decoder of pictures
cannot be loaded, and Transformers needs no more of them than this.
"""

import io

import numpy
import torch
from PIL import Image


def decode_image(data, **_):
    """A file in memory as `[channels, height, width]`."""
    with Image.open(io.BytesIO(data.numpy().tobytes())) as picture:
        return torch.from_numpy(numpy.array(picture.convert("RGB"))).permute(2, 0, 1)


try:
    import torchvision.io
except RuntimeError:
    for name in ("nms", "qnms"):
        torch.library.define(
            f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        )
    import torchvision.io

    torchvision.io.decode_image = decode_image
