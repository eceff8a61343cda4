"""Small pictures that all differ, made with the standard library."""

import random
import struct
import zlib
from pathlib import Path


def _chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _picture(seed):
    """A PNG file with a few rectangles."""
    draw = random.Random(seed)
    width, height = draw.randint(40, 160), draw.randint(40, 160)
    pixels = [bytearray(bytes(draw.choices(range(256), k=3)) * width) for _ in range(height)]
    for _ in range(3):
        left, top = draw.randrange(width // 2), draw.randrange(height // 2)
        right, bottom = draw.randint(left + 1, width), draw.randint(top + 1, height)
        colour = bytes(draw.choices(range(256), k=3))
        for row in pixels[top:bottom]:
            row[3 * left:3 * right] = colour * (right - left)
    lines = b"".join(b"\0" + row for row in pixels)
    return (b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + _chunk(b"IDAT", zlib.compress(lines)) + _chunk(b"IEND", b""))


def make(folder, count):
    """Writes so many pictures into subfolders and returns their names below the folder, sorted."""
    names = []
    for seed in range(count):
        name = f"{seed % 10}/{seed:04}.png"
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_picture(seed))
        names.append(name)
    return sorted(names)
