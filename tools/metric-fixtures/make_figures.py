"""Makes the clips of src/metrics/fixtures and their figures by other implementations.

Usage: make_figures.py FOLDER. Used: numpy 2.4.6, scipy 1.17.1, scikit-image 0.26.0, Pillow 13.0.0, ffmpeg 5.1.9.

- clip/ and reference/: PNG frames; independent.json has their figures by numpy, scipy and scikit-image.
- clip.mp4, reference.mp4 (8 bits, 4:2:0) and deep-clip.mp4, deep-reference.mp4 (10 bits, 4:2:2): ffmpeg.json has what ffmpeg's
  psnr and ssim filters write of them for each frame, and their closing lines.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy
from PIL import Image
from scipy import ndimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

folder = Path(sys.argv[1])
FRAMES, HEIGHT, WIDTH = 6, 40, 48


def make_frames() -> tuple[list[numpy.ndarray], list[numpy.ndarray]]:
    random = numpy.random.default_rng(11)
    y, x = numpy.mgrid[0:HEIGHT, 0:WIDTH]
    clip, reference = [], []
    for index in range(FRAMES):
        red = 128 + 100 * numpy.sin((x + 2 * index) / 5)
        green = 128 + 90 * numpy.cos((y - index * index) / 4)
        blue = 255 * (((x - 4 * index) // 8 + y // 8) % 2)
        original = numpy.stack([red, green, blue], axis=-1)
        degraded = ndimage.gaussian_filter(original, (0.8, 0.8, 0)) + random.normal(0, 6, original.shape) + 8 * (index % 2)
        reference.append(original.clip(0, 255).round().astype(numpy.uint8))
        clip.append(degraded.clip(0, 255).round().astype(numpy.uint8))
    return clip, reference


def save(frames: list[numpy.ndarray], name: str) -> None:
    (folder / name).mkdir(parents=True, exist_ok=True)
    for index, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / name / f"frame-{index:05d}.png", optimize=True)


def luma(frame: numpy.ndarray) -> numpy.ndarray:
    return numpy.asarray(Image.fromarray(frame).convert("L"))


def gaussian_ssim(a: numpy.ndarray, b: numpy.ndarray, channel_axis: int | None) -> float:
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    return float(structural_similarity(a, b, channel_axis=channel_axis, **options))


def independent(clip: list[numpy.ndarray], reference: list[numpy.ndarray]) -> list[dict[str, float]]:
    laplacian = numpy.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]], dtype=numpy.float64)
    figures = []
    for index, (frame, original) in enumerate(zip(clip, reference)):
        entry = {
            "sharpness": float(ndimage.convolve(luma(frame).astype(numpy.float64), laplacian, mode="mirror").var()),
            "psnr": float(peak_signal_noise_ratio(original, frame, data_range=255)),
            "psnr.luma": float(peak_signal_noise_ratio(luma(original), luma(frame), data_range=255)),
            "ssim": gaussian_ssim(original, frame, 2),
            "ssim.luma": gaussian_ssim(luma(original), luma(frame), None),
        }
        for channel, name in enumerate("rgb"):
            entry[f"psnr.{name}"] = float(peak_signal_noise_ratio(original[..., channel], frame[..., channel], data_range=255))
        wide = frame.astype(numpy.float64)
        if index > 0:
            before = clip[index - 1].astype(numpy.float64)
            entry["flicker"] = float((255 - numpy.abs(wide - before).mean()) / 255)
            entry["temporalConsistency"] = gaussian_ssim(luma(frame), luma(clip[index - 1]), None)
        if 0 < index < FRAMES - 1:
            middle = (clip[index - 1].astype(numpy.float64) + clip[index + 1].astype(numpy.float64)) / 2
            entry["motionSmoothness"] = float(1 - numpy.abs(wide - middle).mean() / 255)
        figures.append(entry)
    return figures


def run(*arguments: str) -> str:
    # Without assembly: that of the ssim filter for x86 is wrong where a row has 4n + 1 windows (its C code is right).
    command = ["ffmpeg", "-hide_banner", "-nostdin", "-y", "-cpuflags", "0", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=120).stderr


def encode(name: str, quality: str, pixel_format: str) -> None:
    source = "testsrc2=size=82x58:rate=24:duration=0.42"
    arguments = ["-c:v", "libx264", "-crf", quality, "-pix_fmt", pixel_format, "-fflags", "+bitexact", "-flags:v", "+bitexact"]
    run("-f", "lavfi", "-i", source, *arguments, name)


def by_ffmpeg(clip: str, reference: str) -> dict[str, object]:
    result: dict[str, object] = {}
    for filter_name in ("psnr", "ssim"):
        log = folder / "stats.log"
        chatter = run("-i", clip, "-i", reference, "-lavfi", f"[0:v][1:v]{filter_name}=stats_file=stats.log", "-f", "null", "-")
        pattern = re.compile(r"(\w+):([\d.]+|inf)")
        result[filter_name] = [dict(pattern.findall(line)) for line in log.read_text().splitlines()]
        closing = next(line for line in chatter.splitlines() if f"] {filter_name.upper()} " in line)
        result[f"{filter_name} summary"] = dict(pattern.findall(closing.split(filter_name.upper(), 1)[1]))
        log.unlink()
    return {"clip": clip, "reference": reference, **result}


def main() -> None:
    clip, reference = make_frames()
    save(clip, "clip")
    save(reference, "reference")
    (folder / "independent.json").write_text(json.dumps(independent(clip, reference), indent=1) + "\n")
    encode("clip.mp4", "40", "yuv420p")
    encode("reference.mp4", "10", "yuv420p")
    encode("deep-clip.mp4", "40", "yuv422p10le")
    encode("deep-reference.mp4", "10", "yuv422p10le")
    pairs = [by_ffmpeg("clip.mp4", "reference.mp4"), by_ffmpeg("deep-clip.mp4", "deep-reference.mp4")]
    (folder / "ffmpeg.json").write_text(json.dumps(pairs, indent=1) + "\n")


main()
