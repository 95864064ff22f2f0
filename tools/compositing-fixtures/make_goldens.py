"""Reference numbers of effects, by libraries that are not ours: SciPy, OpenCV and colour-science.

pip install numpy scipy opencv-python-headless colour-science; python make_goldens.py > src/compositing/fixtures/effects.json
The table of colours is written beside it. Needs nothing of the repository.
"""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")
import colour
import cv2
import numpy as np
from colour.algebra import table_interpolation_tetrahedral
from scipy.interpolate import PchipInterpolator
from scipy.ndimage import gaussian_filter

folder = os.path.join(os.path.dirname(__file__), "../../src/compositing/fixtures")
rng = np.random.default_rng(7)
height, width = 12, 16
y, x = np.mgrid[0:height, 0:width]
image = np.stack([x * 16, y * 21, 255 - x * 8 - y * 8], axis=-1) + rng.integers(-40, 40, (height, width, 3))
image = np.clip(image, 0, 255).astype(np.uint8)
encoded = image.astype(np.float64) / 255

decode = lambda v: colour.models.eotf_sRGB(v)
encode = lambda v: colour.models.eotf_inverse_sRGB(v)
numbers = lambda a: np.round(np.asarray(a, dtype=np.float64), 9).ravel().tolist()

# Gaussian of light, edges held, cut off at ceil(3 sigma).
sigma = 1.7
blur = encode(np.stack([gaussian_filter(decode(encoded)[..., c], sigma, mode="nearest", radius=int(np.ceil(3 * sigma))) for c in range(3)], -1))
# Unsharp mask by OpenCV's Gaussian.
taps = 2 * int(np.ceil(3 * 1.2)) + 1
soft = cv2.GaussianBlur(encoded, (taps, taps), 1.2, borderType=cv2.BORDER_REPLICATE)
sharpen = cv2.addWeighted(encoded, 1.9, soft, -0.9, 0)

points = [[0, 0.1], [0.15, 0.1], [0.4, 0.7], [0.6, 0.65], [0.85, 0.95], [1, 1]]
two = [[0.2, 0.9], [0.7, 0.3]]
at = np.linspace(0, 1, 41)
curve = PchipInterpolator(*np.transpose(points))(at)
line = PchipInterpolator(*np.transpose(two))(np.clip(at, 0.2, 0.7))

# A table through colour-science's own writer and reader, its colours by tetrahedral interpolation.
lut = colour.LUT3D(size=7, name="Bent")
grid = colour.LUT3D.linear_table(7)
lut.table = np.stack([0.8 * grid[..., 0] ** 1.5 + 0.2 * grid[..., 2], 1 - 0.9 * grid[..., 1], 0.5 * (grid[..., 2] ** 0.5 + grid[..., 0])], -1)
path = os.path.join(folder, "bent.cube")
colour.write_LUT(lut, path, decimals=6)
table = colour.read_LUT(path)
looked_up = table.apply(encoded, interpolator=table_interpolation_tetrahedral)


def white_balance(mireds, tint):
    """Bradford von Kries from D65 to a white moved along and across the Planckian locus (Kang 2002), in CIE 1960."""
    uv = lambda mired: colour.xy_to_UCS_uv(colour.temperature.CCT_to_xy_Kang2002(1e6 / mired))
    d65 = np.array([0.3127, 0.3290])
    base = 1e6 / 6504
    along = uv(base + mireds + 0.1) - uv(base + mireds)
    along /= np.linalg.norm(along)
    moved = colour.xy_to_UCS_uv(d65) + uv(base + mireds) - uv(base) + tint * 0.0003 * np.array([along[1], -along[0]])
    xyz = lambda xy: colour.xy_to_XYZ(xy)
    matrix = colour.adaptation.matrix_chromatic_adaptation_VonKries(xyz(d65), xyz(colour.UCS_uv_to_xy(moved)), transform="Bradford")
    # The standard rounds both of its matrices; the inverse of one is exact.
    srgb = colour.RGB_COLOURSPACES["sRGB"]
    light = np.einsum("ij,...j", np.linalg.inv(srgb.matrix_RGB_to_XYZ) @ matrix @ srgb.matrix_RGB_to_XYZ, decode(encoded))
    # Below 0 the library's function is a straight line; ours mirrors the curve.
    return np.sign(light) * encode(np.abs(light))


key = np.array([0x30, 0xC0, 0x50]) / 255
weights = colour.WEIGHTS_YCBCR["ITU-R BT.709"]
ycbcr = lambda v: colour.RGB_to_YCbCr(v, K=weights, in_legal=False, out_legal=False)
distance = np.linalg.norm((ycbcr(encoded) - ycbcr(key))[..., 1:], axis=-1) / np.sqrt(2)

json.dump(
    {
        "width": width,
        "height": height,
        "rgb": image.ravel().tolist(),
        "blur": {"radius": sigma, "expected": numbers(blur)},
        "sharpen": {"radius": 1.2, "amount": 0.9, "expected": numbers(sharpen)},
        "exposure": {"stops": 0.8, "expected": numbers(encode(decode(encoded) * 2**0.8))},
        "curves": [{"points": points, "expected": numbers(curve)}, {"points": two, "expected": numbers(line)}],
        "lut": {"file": "bent.cube", "expected": numbers(looked_up)},
        "temperature": [{"temperature": t, "tint": n, "expected": numbers(white_balance(t, n))} for t, n in [(80, 0), (-60, 40), (100, -100)]],
        "chromaKey": {"key": "#30c050", "tolerance": 0.15, "softness": 0.2, "alpha": numbers(np.clip((distance - 0.15) / 0.2, 0, 1))},
    },
    sys.stdout,
)
print()
