"""Read colour and motion back out of a clip by plain image analysis, without any network.

    python score.py            scores true renders of the 64 held-out prompts (a check of the scorer itself)
"""
import numpy as np
from world import BACKGROUNDS, COLORS, SIZE, background, render, sample_spec

NAMES = list(COLORS)


def to_lab(rgb):
    c = np.clip(np.asarray(rgb, float) / 255, 0, 1)
    c = np.where(c > 0.04045, ((c + 0.055) / 1.055) ** 2.4, c / 12.92)
    xyz = c @ np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T
    xyz = xyz / np.array([0.95047, 1.0, 1.08883])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def _palette():
    tones = [to_lab(np.array(list(COLORS.values()), float))]
    for name in BACKGROUNDS:
        sampled = background(name, 0.0)[::3, ::8].reshape(-1, 3)
        tones.append(to_lab(np.unique(np.round(sampled / 12) * 12, axis=0)))
    return np.concatenate(tones)


PALETTE = _palette()


def object_mask(clip):
    """The colour with most pixels and where it is. A pixel belongs to the nearest tone of the palette (or to none, further
    than 30 away), and needs three neighbours of its own colour, so that stars do not count."""
    pixels, back = np.unique(clip.reshape(-1, 3), axis=0, return_inverse=True)
    lab = to_lab(pixels)
    best, owner = np.full(len(lab), np.inf), np.full(len(lab), -1)
    for i, tone in enumerate(PALETTE):
        e = ((lab - tone) ** 2).sum(-1)
        closer = e < best
        best[closer], owner[closer] = e[closer], i if i < len(NAMES) else -1
    owner[best > 30 ** 2] = -1
    owner = owner[back.reshape(-1)].reshape(clip.shape[:3])
    masks = []
    for i in range(len(NAMES)):
        p = np.pad(owner == i, ((0, 0), (1, 1), (1, 1)))
        near = p[:, :-2, 1:-1].astype(int) + p[:, 2:, 1:-1] + p[:, 1:-1, :-2] + p[:, 1:-1, 2:]
        masks.append(p[:, 1:-1, 1:-1] & (near >= 3))
    share = [m.mean() if m.mean() < 0.6 else 0.0 for m in masks]
    k = int(np.argmax(share))
    return NAMES[k], masks[k], share[k]


def reversals(track, least):
    """How often a track turns back by more than `least`."""
    count, way, extreme = 0, 0, track[0]
    for z in track:
        if way >= 0 and z > extreme:
            extreme = z
            way = 1 if z - track[0] > least or way else way
        elif way <= 0 and z < extreme:
            extreme = z
            way = -1 if track[0] - z > least or way else way
        if way > 0 and extreme - z > least:
            count, way, extreme = count + 1, -1, z
        elif way < 0 and z - extreme > least:
            count, way, extreme = count + 1, 1, z
    return count


def analyse(clip):
    color, mask, share = object_mask(clip)
    if share * SIZE * SIZE < 12:
        return dict(color=None, motion=None, area=0.0)
    area = mask.sum((1, 2)).astype(float)
    seen = area >= 6
    if seen.sum() < 9:
        return dict(color=color, motion=None, area=float(area.mean()))
    frame = np.arange(len(clip))
    smooth = lambda t: np.convolve(np.pad(t, 1, mode="edge"), np.ones(3) / 3, "valid")
    line = np.arange(SIZE)
    x = smooth(np.interp(frame, frame[seen], (mask.sum(1) @ line)[seen] / area[seen]))
    y = smooth(np.interp(frame, frame[seen], (mask.sum(2) @ line)[seen] / area[seen]))
    area_s = smooth(area)
    change = lambda t: t[-3:].mean() - t[:3].mean()
    dx, dy, wide, high = change(x), change(y), np.ptp(x), np.ptp(y)
    growth = np.log((area_s[-3:].mean() + 1) / (area_s[:3].mean() + 1))
    turns = reversals(y, 5.0)
    if turns >= 2 and wide > 15 and dx > 12:
        motion = "zigzag"
    elif turns >= 2 and wide < 10:
        motion = "bounce"
    elif min(wide, high) > 16 and abs(dx) < 14 and abs(dy) < 14:
        motion = "orbit"
    elif abs(growth) > 0.7 and max(wide, high) < 12:
        motion = "grow" if growth > 0 else "shrink"
    elif max(wide, high) < 8:
        motion = "spin"                             # stays in place; the turning itself is for the eye
    elif abs(dx) > abs(dy):
        motion = "right" if dx > 0 else "left"
    else:
        motion = "down" if dy > 0 else "up"
    return dict(color=color, motion=motion, area=float(area.mean()), dx=dx, dy=dy, wide=wide, high=high, growth=growth, turns=turns)


def score(clips, specs):
    """-> (shares, per motion "right/all wrong guesses")"""
    found = [analyse(np.asarray(c)) for c in clips]
    color = np.array([r["color"] == s["color"] for r, s in zip(found, specs)])
    motion = np.array([r["motion"] == s["motion"] for r, s in zip(found, specs)])
    detail = {}
    for name in sorted({s["motion"] for s in specs}):
        rows = [(ok, r["motion"]) for ok, r, s in zip(motion, found, specs) if s["motion"] == name]
        detail[name] = f"{sum(ok for ok, _ in rows)}/{len(rows)} " + ",".join(str(m) for ok, m in rows if not ok)
    return dict(n=len(specs), color=float(color.mean()), motion=float(motion.mean()), both=float((color & motion).mean())), detail


def heldout(n=64, seed=777, balanced=False):
    """Held-out specs and captions: plain (as the seed draws them) or with the motions as even as possible."""
    from world import MOTIONS, caption
    rng = np.random.default_rng(seed)
    if balanced:
        names = list(MOTIONS)
        specs = [sample_spec(rng, held=True, motion=names[i % len(names)]) for i in range(n)]
    else:
        specs = [sample_spec(rng, held=True) for _ in range(n)]
    return specs, [caption(s, rng) for s in specs]


if __name__ == "__main__":
    for balanced in (False, True):
        specs, _ = heldout(balanced=balanced)
        print(dict(balanced=balanced), *score([render(s)[0] for s in specs], specs))
