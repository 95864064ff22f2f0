"""Score clips that another program made from heldout-prompts.json, and draw a contact sheet.

    python score_clips.py FOLDER --prompts heldout-prompts.json [--sheet sheet.png]

FOLDER holds one folder a clip (000, 001, ... in the order of the prompts), each with its PNG frames in name order.
Prints JSON. A clip that is missing or broken counts as wrong. Needs numpy and pillow only.
"""
import argparse, json, os
import numpy as np
from PIL import Image, ImageDraw
from score import analyse
from world import FRAMES, SIZE


def read(folder):
    names = sorted(n for n in os.listdir(folder) if n.lower().endswith(".png"))
    frames = [np.asarray(Image.open(os.path.join(folder, n)).convert("RGB")) for n in names]
    clip = np.stack(frames)
    if clip.shape != (FRAMES, SIZE, SIZE, 3):
        raise ValueError(f"{folder}: {clip.shape}, expected {(FRAMES, SIZE, SIZE, 3)}")
    return clip


def wrap(text, width=40):
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join(lines + [line])


def contact_sheet(path, rows, scale=2, every=2, margin=290):
    """One row a clip: the caption and verdict, then every second frame. rows: (caption, verdict, clip or None)."""
    count = len(range(0, FRAMES, every))
    high = SIZE * scale + 4
    image = Image.new("RGB", (margin + count * (SIZE * scale + 2), high * len(rows)), "white")
    draw = ImageDraw.Draw(image)
    for i, (caption, verdict, clip) in enumerate(rows):
        draw.multiline_text((6, i * high + 6), wrap(f"{i}. {caption}"), fill="black", font_size=13)
        draw.text((6, i * high + high - 24), verdict, fill="green" if "wrong" not in verdict else "red", font_size=12)
        for k, frame in enumerate([] if clip is None else clip[::every]):
            tile = Image.fromarray(frame).resize((SIZE * scale,) * 2, Image.NEAREST)
            image.paste(tile, (margin + k * (SIZE * scale + 2), i * high))
    image.save(path)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("folder")
    ap.add_argument("--prompts", required=True)
    ap.add_argument("--sheet")
    ap.add_argument("--n", type=int, help="only the first N prompts")
    a = ap.parse_args()
    prompts = json.load(open(a.prompts))[:a.n]
    results, rows = [], []
    for i, want in enumerate(prompts):
        try:
            clip = read(os.path.join(a.folder, f"{i:03d}"))
            got = analyse(clip)
        except (OSError, ValueError) as problem:
            clip, got = None, dict(color=None, motion=None, problem=str(problem))
        color, motion = got["color"] == want["color"], got["motion"] == want["motion"]
        results.append(dict(index=i, prompt=want["prompt"], color_right=color, motion_right=motion,
                            found_color=got["color"], found_motion=got["motion"], **({"problem": got["problem"]} if "problem" in got else {})))
        verdict = ", ".join(f"{name} {'ok' if ok else 'wrong: ' + str(got[name])}" for name, ok in (("color", color), ("motion", motion)))
        rows.append((want["prompt"], verdict, clip))
    share = lambda key: sum(bool(r[key]) for r in results) / len(results)
    print(json.dumps(dict(n=len(results), color=share("color_right"), motion=share("motion_right"),
                          both=sum(r["color_right"] and r["motion_right"] for r in results) / len(results), clips=results), indent=1))
    if a.sheet:
        contact_sheet(a.sheet, rows)


if __name__ == "__main__":
    main()
