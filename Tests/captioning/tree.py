"""The pictures of a new user: 226 files, nested, broken, with odd names and formats."""

import os
import random
import shutil
import struct
import unicodedata
import zlib
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
FIXTURES = PROJECT / "Tests/ImagingTests/Fixtures"
DEMO = PROJECT / "demo/pictures"

# Names of pictures that cannot be captioned.
BAD = {"broken/empty.png", "broken/cut.png", "broken/text.jpg", "broken/bomb.png", "broken/cut.jpg"}
COUNT = 226


def png(width, height, rows, depth=8, colour=2):
    """A PNG file of packed rows."""

    def chunk(kind, content):
        return (struct.pack(">I", len(content)) + kind + content
                + struct.pack(">I", zlib.crc32(kind + content)))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    raw = b"".join(b"\0" + row for row in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 1))
            + chunk(b"IEND", b""))


def shape(seed, width=96, height=96):
    """A square of one colour on another, from a seed."""
    draw = random.Random(seed)
    ground, colour = (bytes(draw.randrange(256) for _ in range(3)) for _ in range(2))
    left, top, side = draw.randrange(40), draw.randrange(40), draw.randrange(20, 50)
    rows = []
    for y in range(height):
        inside = top <= y < top + side
        row = bytearray(ground * width)
        if inside:
            row[3 * left:3 * (left + side)] = colour * side
        rows.append(bytes(row))
    return png(width, height, rows)


def jpeg(seed):
    """The demo's JPEG picture with a comment that makes the file another one."""
    comment = f"picture {seed}".encode()
    content = (DEMO / "one-star.jpg").read_bytes()
    return content[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + content[2:]


def cmyk_tiff():
    """Uncompressed CMYK, 8 x 8."""
    entries = [(256, 3, 1, 8), (257, 3, 1, 8), (258, 3, 4, 200), (259, 3, 1, 1), (262, 3, 1, 5),
               (273, 4, 1, 208), (277, 3, 1, 4), (278, 3, 1, 8), (279, 4, 1, 256)]
    head = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(entries))
    head += b"".join(struct.pack("<HHII", *entry) for entry in entries) + struct.pack("<I", 0)
    return head.ljust(200, b"\0") + struct.pack("<4H", 8, 8, 8, 8) + bytes([0, 200, 200, 20]) * 64


def special():
    """Files by name, other than plain pictures."""
    whole = shape(9999)
    huge = b"\x89PNG\r\n\x1a\n"
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    huge += struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    wide = png(10000, 10000, [bytes(1250)] * 10000, depth=1, colour=0)
    sixteen = png(32, 32, [bytes([200, 10] * 3 * 32)] * 32, depth=16)
    nfc, nfd = (unicodedata.normalize(form, "cafe\u0301") for form in ("NFC", "NFD"))
    files = {
        "broken/empty.png": b"", "broken/cut.png": whole[:len(whole) // 2],
        "broken/text.jpg": b"this is no picture", "broken/bomb.png": huge + b"\0" * 64,
        "broken/cut.jpg": jpeg(1)[:900],
        "formats/100-megapixels.png": wide, "formats/sixteen.png": sixteen,
        "formats/cmyk.tif": cmyk_tiff(), f"twins/{nfc}.png": shape(5001),
        f"twins/{nfd}.png": shape(5002), "same/a.png": shape(5003), "same/a.jpg": jpeg(5004),
        "same/a.jpeg": jpeg(5005), "names/\u732b \u72ac.png": shape(5006),
        "names/with space, comma; \"quote\" & <tag>.png": shape(5007), "names/#1 100%.png": shape(5008),
        "names/-dash.png": shape(5009), "names/\U0001f408.png": shape(5010),
        "names/UPPER.PNG": shape(5011), "names/line\nbreak.png": shape(5012),
        "deep/" + "/".join("abcdefghij") + "/deep.png": shape(5013),
    }
    for name in ["lossless.heic", "lossless.avif", "turned.avif", "transparent.gif", "alpha.tiff",
                 "float.tiff", "rgb24.bmp", "rle8.bmp", "pages.tiff"]:
        files[f"formats/{name}"] = (FIXTURES / name).read_bytes()
    return files


def make(folder):
    """Writes the tree; returns the names of its pictures."""
    shutil.rmtree(folder, ignore_errors=True)
    files = special()
    number = 0
    while len(files) < COUNT:
        number += 1
        if number % 5 == 0:
            files[f"set-{number % 7}/photo-{number}.jpg"] = jpeg(number)
        else:
            files[f"set-{number % 7}/shape-{number}.png"] = shape(number)
    for name, content in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    for name in ["notes.txt", "doc.pdf", "scan.jp2", ".hidden.png"]:
        (Path(folder) / name).write_bytes(b"not for captioning")
    return sorted(files)
