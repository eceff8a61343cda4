#!/usr/bin/env python3
"""Writes the pictures of this folder and expected.json: what Pillow makes of each.

Needs pillow 13.0.0 and pillow-heif 1.1 or newer (from PyPI); run it in this folder.
All pictures show the same 6 x 5 colours, except where a file's kind forbids it.
"""

import json
import struct

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
WIDTH, HEIGHT = 6, 5
COLOURS = [
    (x * 51, y * 63, 255 - (x * 31 + y * 17) % 256) for y in range(HEIGHT) for x in range(WIDTH)
]
picture = Image.new("RGB", (WIDTH, HEIGHT))
picture.putdata(COLOURS)
palette = picture.quantize(8)
# [left to right, bottom to top], as BMP files store rows
rows = [COLOURS[y * WIDTH : (y + 1) * WIDTH] for y in reversed(range(HEIGHT))]
files = []


def keep(name, page=0, tolerance=0):
    """Notes what Pillow reads from a file; tolerance is the largest accepted difference."""
    with Image.open(name) as image:
        image.seek(page)
        rgb = image.convert("RGB")
    files.append(
        {"file": name, "page": page, "width": rgb.width, "height": rgb.height,
         "tolerance": tolerance, "rgb": rgb.tobytes().hex()}
    )


def bmp(name, bits, pixels, colours=b"", compression=0, masks=b"", header=40, height=HEIGHT,
        tolerance=0):
    if header == 12:
        head = struct.pack("<IHHHH", 12, WIDTH, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", 40, WIDTH, height, 1, bits, compression, len(pixels),
                           2835, 2835, len(colours) // 4, 0)
    start = 14 + len(head) + len(masks) + len(colours)
    with open(name, "wb") as file:
        file.write(b"BM" + struct.pack("<IHHI", start + len(pixels), 0, 0, start))
        file.write(head + masks + colours + pixels)
    keep(name, tolerance=tolerance)


def padded(rows):
    return b"".join(row + bytes(-len(row) % 4) for row in rows)


def bmp_files():
    bgr = [b"".join(bytes((b, g, r)) for r, g, b in row) for row in rows]
    bmp("rgb24.bmp", 24, padded(bgr))
    bmp("top-down.bmp", 24, padded(bgr[::-1]), height=-HEIGHT)
    bmp("os2.bmp", 24, padded(bgr), header=12)
    bgrx = [b"".join(bytes((b, g, r, 77)) for r, g, b in row) for row in rows]
    bmp("rgb32.bmp", 32, padded(bgrx))
    masks = struct.pack("<III", 0xFF0000, 0xFF00, 0xFF)
    bmp("bitfields32.bmp", 32, padded(bgrx), compression=3, masks=masks)
    # ImageMagick and Pillow round 5 and 6 bits to 8 differently.
    rgb555 = [b"".join(struct.pack("<H", r >> 3 << 10 | g >> 3 << 5 | b >> 3) for r, g, b in row)
              for row in rows]
    bmp("rgb555.bmp", 16, padded(rgb555), tolerance=1)
    rgb565 = [b"".join(struct.pack("<H", r >> 3 << 11 | g >> 2 << 5 | b >> 3) for r, g, b in row)
              for row in rows]
    masks = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
    bmp("rgb565.bmp", 16, padded(rgb565), compression=3, masks=masks, tolerance=1)
    table = b"".join(struct.pack("<BBBB", 30 * i, 255 - 16 * i, 10 + i, 0) for i in range(8))
    indices = [[(x + 2 * y) % 8 for x in range(WIDTH)] for y in range(HEIGHT)]
    bmp("palette8.bmp", 8, padded([bytes(row) for row in indices]), colours=table)
    nibbles = [bytes(row[x] << 4 | row[x + 1] for x in range(0, WIDTH, 2)) for row in indices]
    bmp("palette4.bmp", 4, padded(nibbles), colours=table)
    bits = [bytes([sum((row[x] & 1) << (7 - x) for x in range(WIDTH))]) for row in indices]
    bmp("palette1.bmp", 1, padded(bits), colours=table[:8])
    runs = b"".join(bytes((3, row[0], 0, 3)) + bytes(row[1:4]) + b"\0\0\0" for row in indices)
    bmp("rle8.bmp", 8, runs + b"\0\1", colours=table, compression=1)


def tiff_files():
    grey = picture.convert("L")
    picture.save("pages.tiff", save_all=True,
                 append_images=[grey.resize((4, 3)), picture.convert("CMYK")])
    for page in range(3):
        keep("pages.tiff", page)
    picture.save("turned.tiff", tiffinfo={0x112: 6})
    keep("turned.tiff")
    for name, image, options in [
        ("bilevel.tiff", picture.convert("1"), {"compression": "group4"}),
        ("alpha.tiff", picture.convert("RGBA"), {"compression": "tiff_deflate"}),
        ("float.tiff", grey.convert("F"), {}),
        ("big.tiff", picture, {"big_tiff": True}),
        ("luma.tiff", picture.convert("YCbCr"), {}),
        ("big-luma.tiff", picture.convert("YCbCr"), {"big_tiff": True}),
    ]:
        image.save(name, **options)
        keep(name, tolerance=1 if image.mode == "YCbCr" else 0)


def gif(name, left, top, flags, local=False):
    """Part of a screen of 6 x 5, with codes of 8 bits, which do not grow within so few pixels."""
    colours = bytes(40 * i % 256 for i in range(24))
    pixels = bytes(range(6))
    with open(name, "wb") as file:
        file.write(b"GIF89a" + struct.pack("<HHBBB", WIDTH, HEIGHT, 0xA2, 1, 0) + colours)
        file.write(bytes((0x21, 0xF9, 4, flags, 0, 0, 2, 0)))
        file.write(b"," + struct.pack("<HHHHB", left, top, 3, 2, 0x82 if local else 0))
        file.write((colours[::-1] if local else b"") + b"\x07\x08\x80" + pixels + b"\x81\0;")
    keep(name)


def other_files():
    palette.save("transparent.gif", transparency=3)
    keep("transparent.gif")
    gif("part.gif", 2, 1, 0)
    gif("transparent-part.gif", 2, 1, 1, local=True)
    gif("beyond.gif", 4, 4, 0)
    flat = picture.resize((24, 20), Image.NEAREST)
    flat.save("lossless.avif", quality=100, subsampling="4:4:4")
    flat.save("lossless.heic", quality=-1, chroma=444, matrix_coefficients=0)
    keep("lossless.avif", tolerance=3)
    keep("lossless.heic", tolerance=3)
    exif = flat.getexif()
    exif[0x112] = 6
    flat.save("turned.avif", exif=exif)  # the file says it in its own way, not in EXIF


def pdf(name, boxes, colours):
    pages = range(len(boxes))
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(boxes), b" ".join(b"%d 0 R" % (3 + 2 * page) for page in pages)),
    ]
    for (width, height), colour in zip(boxes, colours):
        draw = b"%d %d %d rg 0 0 %d %d re f" % (*colour, width, height)
        objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Contents %d 0 R>>"
                       % (width, height, len(objects) + 2))
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(draw), draw))
    text = b"%PDF-1.4\n"
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    with open(name, "wb") as file:
        file.write(text + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table))
        file.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
                   % (len(objects) + 1, len(text)))


bmp_files()
tiff_files()
other_files()
pdf("pages.pdf", [(36, 18), (18, 18)], [(1, 0, 0), (0, 0, 1)])
pdf("huge-page.pdf", [(100000, 100000)], [(1, 0, 0)])
with open("expected.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(entry) for entry in files) + "\n]\n")
