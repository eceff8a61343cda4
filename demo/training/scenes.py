"""Seeded generator of drawn scenes: a few coloured shapes on a two by two layout.

A scene is a list of shapes, each in its own cell of the layout; cells are numbered in reading
order, and so are the shapes. The picture may have any size and aspect ratio: the layout always
fills it.
"""

import io
import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

KINDS = ("circle", "square", "triangle", "star", "cross")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "black")
SIZES = ("small", "large")
CELLS = 4
MOST_SHAPES = 4
# Pictures that are cut into several tiles hold fewer.
MOST_SHAPES_CUT = 3

PALETTE = {
    "red": (214, 38, 38),
    "orange": (245, 138, 22),
    "yellow": (242, 216, 40),
    "green": (40, 158, 62),
    "blue": (40, 88, 214),
    "purple": (146, 58, 178),
    "black": (26, 26, 28),
}

# Widths and heights that the tiling turns into one tile, and (columns, rows) of those it cuts.
SINGLE_SIDES = (112, 156)
CUT_GRIDS = ((2, 1), (1, 2), (2, 2), (3, 2), (2, 3), (4, 3))
CUT_WEIGHTS = (6, 3, 5, 2, 1, 0.5)


@dataclass(frozen=True)
class Shape:
    """One shape of a scene; `cell` counts from 0 (top left) to 3 (bottom right)."""

    kind: str
    colour: str
    size: str
    cell: int


@dataclass(frozen=True)
class Scene:
    """Shapes in reading order, and the size of the picture in pixels."""

    shapes: tuple
    width: int
    height: int


def random_shapes(rng, most):
    """One to `most` shapes in different cells, in reading order."""
    cells = sorted(rng.sample(range(CELLS), rng.randint(1, most)))
    return tuple(
        Shape(rng.choice(KINDS), rng.choice(COLOURS), rng.choice(SIZES), cell) for cell in cells
    )


def random_scene(rng, several_tiles):
    """A scene whose picture the tiling leaves whole, or one that it cuts into several tiles."""
    if several_tiles:
        columns, rows = rng.choices(CUT_GRIDS, CUT_WEIGHTS)[0]
        side = rng.randint(100, 124)
        if (columns, rows) == (2, 2):
            side = rng.randint(86, 112)
        width, height = columns * side, rows * side
    else:
        low, high = SINGLE_SIDES
        width = rng.randint(low, high)
        height = min(high, max(low, round(width * rng.uniform(0.93, 1.07))))
    most = MOST_SHAPES_CUT if several_tiles else MOST_SHAPES
    return Scene(random_shapes(rng, most), width, height)


def outline(kind, diameter):
    """Corner points of a shape around the origin (a circle is drawn as a polygon, too)."""
    r = diameter / 2
    if kind == "circle":
        turns = [(i / 48 * 2 * math.pi, r) for i in range(48)]
    elif kind == "square":
        a = 0.88 * r
        return [(-a, -a), (a, -a), (a, a), (-a, a)]
    elif kind == "triangle":
        return [(0, -0.95 * r), (r, 0.8 * r), (-r, 0.8 * r)]
    elif kind == "star":
        radii = (1.08 * r, 0.4536 * r)
        turns = [((i / 10 - 0.25) * 2 * math.pi, radii[i % 2]) for i in range(10)]
    elif kind == "cross":
        a, b = r, 0.32 * r
        return [(-b, -a), (b, -a), (b, -b), (a, -b), (a, b), (b, b),
                (b, a), (-b, a), (-b, b), (-a, b), (-a, -b), (-b, -b)]
    return [(d * math.cos(t), d * math.sin(t)) for t, d in turns]


def draw(scene, rng):
    """Draws the scene; pale background, colours, placement and smoothing vary with `rng`."""
    factor = rng.choice((2, 2, 3)) if scene.width * scene.height < 30000 else 2
    shade = rng.randint(226, 255)
    background = tuple(min(255, max(215, shade + rng.randint(-10, 10))) for _ in range(3))
    big = Image.new("RGB", (scene.width * factor, scene.height * factor), background)
    pen = ImageDraw.Draw(big)
    cell_width, cell_height = scene.width * factor / 2, scene.height * factor / 2
    unit = min(cell_width, cell_height)
    for shape in scene.shapes:
        large = shape.size == "large"
        diameter = unit * (rng.uniform(0.84, 0.94) if large else rng.uniform(0.48, 0.54))
        slack = 0.02 if large else 0.08
        x = (shape.cell % 2 + 0.5 + rng.uniform(-slack, slack)) * cell_width
        y = (shape.cell // 2 + 0.5 + rng.uniform(-slack, slack)) * cell_height
        turn = math.radians(rng.uniform(-6, 6))
        cos, sin = math.cos(turn), math.sin(turn)
        points = [
            (x + px * cos - py * sin, y + px * sin + py * cos)
            for px, py in outline(shape.kind, diameter)
        ]
        colour = tuple(
            min(255, max(0, value + rng.randint(-14, 14))) for value in PALETTE[shape.colour]
        )
        pen.polygon(points, fill=colour)
    if rng.random() < 0.7:
        return big.reduce(factor)
    return big.resize((scene.width, scene.height), rng.choice((Image.BICUBIC, Image.LANCZOS)))


def as_jpeg(image, quality):
    """The picture after it went through a JPEG file of this quality."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    buffer.seek(0)
    return Image.open(buffer).convert("RGB")


def disturb(image, rng):
    """Adds what training pictures vary by: noise, brightness, JPEG artefacts; often nothing."""
    if rng.random() < 0.2:
        noise = np.random.default_rng(rng.getrandbits(32)).standard_normal(
            (image.height, image.width, 3), dtype=np.float32)
        pixels = np.asarray(image) + noise * rng.uniform(0, 5) + rng.uniform(-8, 8)
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if rng.random() < 0.3:
        image = as_jpeg(image, rng.randint(82, 96))
    return image


def generator(split, index):
    """The random generator of scene number `index` of a split ("train", "heldout", ...)."""
    return random.Random(f"{split}:{index}")
