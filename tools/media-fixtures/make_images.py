"""Makes the images of src/media/fixtures and what Pillow decodes and resizes them to.

Usage: make_images.py FOLDER. Used: Pillow 13.0.0, numpy 2.4.6.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy
from PIL import Image, ImageOps

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)

y, x = numpy.mgrid[0:45, 0:61]
random = numpy.random.default_rng(7)
pixels = numpy.stack([x * 4, y * 5, 128 + 60 * numpy.sin(x / 3) * numpy.cos(y / 4)], axis=-1) + random.normal(0, 12, (45, 61, 3))
image = Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8))

image.save(folder / "plain.png")
image.save(folder / "baseline.jpg", quality=85, subsampling="4:2:0")
image.save(folder / "progressive.jpg", quality=85, subsampling="4:4:4", progressive=True)
image.convert("L").save(folder / "grey.jpg", quality=90)
exif = Image.Exif()
exif[0x0112] = 6
image.save(folder / "turned.jpg", quality=85, exif=exif)
image.save(folder / "lossy.webp", quality=80)
alpha = Image.fromarray((x * 4).clip(0, 255).astype(numpy.uint8))
with_alpha = image.copy()
with_alpha.putalpha(alpha)
with_alpha.save(folder / "lossless.webp", lossless=True, exact=True)


def md5(array: Image.Image) -> str:
    return hashlib.md5(array.tobytes()).hexdigest()


def decoded(name: str) -> dict[str, object]:
    upright = ImageOps.exif_transpose(Image.open(folder / name)).convert("RGBA")
    return {"file": name, "width": upright.width, "height": upright.height, "rgba": md5(upright)}


names = ["plain.png", "baseline.jpg", "progressive.jpg", "grey.jpg", "turned.jpg", "lossy.webp", "lossless.webp"]
filters = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC, "lanczos": Image.Resampling.LANCZOS}
sizes = [(61, 45), (32, 32), (17, 90), (130, 20), (7, 5), (200, 150)]
boxes = [None, (3.5, 2.25, 40.75, 44.0), (0, 7, 61, 38)]
resized = [
    {"filter": name, "width": width, "height": height, "box": box, "rgb": md5(image.resize((width, height), kind, box))}
    for name, kind in filters.items()
    for width, height in sizes
    for box in boxes
]
(folder / "pillow.json").write_text(json.dumps({"decoded": [decoded(name) for name in names], "resized": resized}, indent=1) + "\n")
