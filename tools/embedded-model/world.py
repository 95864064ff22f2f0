"""The captioned toy world the embedded model is trained on.

One coloured shape makes one motion in front of one of twelve backgrounds: 17 frames of 64 x 64 pixels, 8 frames a second.
`render(spec)` draws a clip, `caption(spec, rng)` describes it in one of many ways, `held_out` keeps a tenth of the
(colour, shape, motion) triples out of training.
"""
import hashlib
import numpy as np

FRAMES, SIZE, FPS = 17, 64, 8

COLORS = dict(red=(230, 40, 40), orange=(250, 140, 20), yellow=(250, 225, 40), green=(40, 190, 70),
              blue=(40, 80, 230), purple=(150, 50, 200), pink=(250, 130, 190), white=(250, 250, 250))
SHAPES = dict(circle="circle ball disc", square="square box block", triangle="triangle", star="star", heart="heart",
              ring="ring hoop donut")
SHAPES = {k: v.split() for k, v in SHAPES.items()}
RADIUS = dict(small=7.0, medium=10.0, big=14.0)
SIZE_WORDS = dict(small=["small", "tiny", "little"], medium=[""], big=["big", "large", "huge"])
MOTIONS = dict(
    left="moves left|moves to the left|slides to the left|goes left|rolls to the left|drifts left|flies to the left",
    right="moves right|moves to the right|slides to the right|goes right|rolls to the right|drifts right|flies to the right",
    up="moves up|goes up|rises|floats up|flies up|rises into the air",
    down="moves down|goes down|falls|falls down|drops down|sinks",
    bounce="bounces|bounces up and down|jumps|jumps up and down|hops",
    zigzag="zigzags|moves in a zigzag|zigzags to the right",
    orbit="moves in a circle|goes around in a circle|circles around|orbits",
    spin="spins|rotates|turns around|spins in place",
    grow="grows|gets bigger|becomes larger|expands",
    shrink="shrinks|gets smaller|becomes smaller")
MOTIONS = {k: v.split("|") for k, v in MOTIONS.items()}
PLAIN = dict(black=(8, 8, 10), gray=(120, 122, 126), white=(238, 238, 240))
SKY = dict(day=((90, 160, 235), (190, 220, 245)), sunset=((70, 55, 110), (225, 140, 110)), night=((10, 12, 35), (32, 36, 72)))
GROUND = dict(grass=dict(day=(100, 150, 70), sunset=(95, 95, 55), night=(20, 45, 35)),
              sea=dict(day=(50, 110, 150), sunset=(110, 80, 110), night=(15, 25, 55)))
BACKGROUNDS = [*PLAIN, *(f"{place}-{hour}" for place in ("sky", "grass", "sea") for hour in SKY)]


def _background_phrases():
    out = {name: [f"on a {name} background", f"on {name}"] for name in PLAIN}
    out["sky-day"] = ["in the blue sky", "in the sky", "in the sky by day"]
    out["sky-sunset"] = ["in the sky at sunset", "at sunset", "in a sunset sky"]
    out["sky-night"] = ["in the sky at night", "at night", "in the night sky", "under the stars"]
    for place, words, extra in (("grass", ["a green field", "the grass", "a meadow"], "a field"),
                                ("sea", ["the sea", "the ocean", "the water"], "the sea")):
        for hour in SKY:
            tail = "" if hour == "day" else f" at {hour}"
            out[f"{place}-{hour}"] = [f"over {w}{tail}" for w in words] + ([f"over {extra} by day"] if hour == "day" else [])
    return out


PHRASES = _background_phrases()
OPENERS = [""] * 4 + ["a video of ", "a clip of ", "a cartoon of "]
_GERUNDS = dict(moves="moving", slides="sliding", goes="going", rolls="rolling", drifts="drifting", flies="flying",
                rises="rising", floats="floating", falls="falling", drops="dropping", sinks="sinking", bounces="bouncing",
                jumps="jumping", hops="hopping", zigzags="zigzagging", circles="circling", orbits="orbiting",
                spins="spinning", rotates="rotating", turns="turning", grows="growing", gets="getting",
                becomes="becoming", expands="expanding", shrinks="shrinking")


def held_out(color, shape, motion):
    return hashlib.md5("|".join((color, shape, motion)).encode()).digest()[0] % 10 == 0


def sample_spec(rng, held=None, motion=None):
    """Draw a spec; the order of the draws fixes which prompts the seed 777 gives, so do not change it."""
    names = [list(d) for d in (COLORS, SHAPES, MOTIONS)]
    while True:
        color, shape, move = (str(rng.choice(n)) for n in names)
        bg = str(rng.choice(BACKGROUNDS))
        size = "medium" if move in ("grow", "shrink") else str(rng.choice(list(RADIUS)))
        bad = (color == bg == "white" or (move == "spin" and shape in ("circle", "ring"))
               or (held is not None and held_out(color, shape, move) != held))
        if bad:
            continue
        spec = dict(color=color, shape=shape, motion=move, bg=bg, size=size, seed=int(rng.integers(1 << 31)))
        if motion is None or move == motion:
            return spec


def _a(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def caption(spec, rng):
    pick = lambda options: str(rng.choice(options))
    size = pick(SIZE_WORDS[spec["size"]])
    noun = _a(f"{size} {spec['color']} {pick(SHAPES[spec['shape']])}".strip())
    move, place, opener = pick(MOTIONS[spec["motion"]]), pick(PHRASES[spec["bg"]]), pick(OPENERS)
    if opener or rng.random() < 0.25:
        verb, *tail = move.split()
        move = " ".join([_GERUNDS[verb], *tail])
    if not opener and rng.random() < 0.15:
        return f"{place} {noun} {move}"
    return f"{opener}{noun} {move} {place}"


def vocabulary():
    texts = ["a an the of", *COLORS, *_GERUNDS.values(), *OPENERS]
    for table in (SHAPES, SIZE_WORDS, MOTIONS, PHRASES):
        for options in table.values():
            texts += options
    return ["<pad>", "</s>", "<unk>", *sorted(set(" ".join(texts).split()))]


class Tokenizer:
    """Lower-cased words to ids, `</s>` at the end, `<unk>` for a word outside the vocabulary."""

    def __init__(self, words=None, length=24):
        self.words, self.length = words or vocabulary(), length
        self.index = {w: i for i, w in enumerate(self.words)}

    def __call__(self, texts):
        ids = np.zeros((len(texts), self.length), np.int64)
        for row, text in zip(ids, texts):
            words = "".join(c if c.isalnum() else " " for c in text.lower()).split()
            known = [self.index.get(w, 2) for w in words][: self.length - 1] + [1]
            row[: len(known)] = known
        return ids, (ids > 0).astype(np.int64)


# ---------------------------------------------------------------- drawing

_COL, _ROW = np.meshgrid(np.arange(SIZE) + 0.5, np.arange(SIZE) + 0.5)
_STARS = np.random.default_rng(5).uniform([2, 2], [62, 40], (14, 2))
_HORIZON = 46


def _distance_star(x, y, r, depth=0.45):
    c, s = 0.809016994375, 0.587785252292          # cos and sin of 36 degrees
    x = np.abs(x)
    for sign in (1, -1):                            # fold into one fifth
        over = np.maximum(sign * c * x - s * y, 0)
        x, y = x - 2 * sign * c * over, y + 2 * s * over
    x, y = np.abs(x), y - r
    ex, ey = depth * s, depth * c - 1               # edge of one point
    t = np.clip((x * ex + y * ey) / (ex * ex + ey * ey), 0, r)
    return np.hypot(x - ex * t, y - ey * t) * np.sign(y * ex - x * ey)


def _distance_heart(x, y, r):
    x, y = np.abs(x) / r, y / r
    lobe = np.hypot(x - 0.25, y - 0.75) - 0.353553
    m = np.maximum(x + y, 0) / 2
    body = np.sqrt(np.minimum(x ** 2 + (y - 1) ** 2, (x - m) ** 2 + (y - m) ** 2)) * np.sign(x - y)
    return np.where(x + y > 1, lobe, body) * r


_DISTANCE = dict(
    circle=lambda x, y, r: np.hypot(x, y) - r,
    square=lambda x, y, r: np.maximum(np.abs(x), np.abs(y)) - 0.85 * r,
    triangle=lambda x, y, r: np.maximum(0.866025 * np.abs(x) - 0.5 * y, y) - 0.6 * r,
    star=lambda x, y, r: _distance_star(x, -y, 1.2 * r),
    heart=lambda x, y, r: _distance_heart(x, -y + 1.05 * r, 1.9 * r),
    ring=lambda x, y, r: np.abs(np.hypot(x, y) - 0.78 * r) - 0.27 * r,
)


def background(name, time):
    """One frame, float [64, 64, 3]; `time` runs from 0 to 1 and moves the sea's edge."""
    if name in PLAIN:
        return np.tile(np.array(PLAIN[name], float), (SIZE, SIZE, 1))
    place, hour = name.split("-")
    high, low = (np.array(c, float) for c in SKY[hour])
    down = (_ROW / SIZE)[..., None]
    image = high * (1 - down) + low * down
    if hour == "night":
        for x, y in _STARS:
            glow = 0.75 * np.clip(1.3 - np.hypot(_COL - x, _ROW - y), 0, 1)[..., None]
            image = image * (1 - glow) + 235 * glow
    if place != "sky":
        wave = 1.5 * np.sin(2 * np.pi * (_COL / 21.3 - time)) if place == "sea" else 0.0
        cover = np.clip(_ROW - (_HORIZON + wave) + 0.5, 0, 1)[..., None]
        shade = 1.08 - 0.25 * np.clip((_ROW - _HORIZON) / 18, 0, 1)
        image = image * (1 - cover) + np.array(GROUND[place][hour], float) * shade[..., None] * cover
    return image


def path(spec):
    """x, y, radius and angle of the object in every frame."""
    rng, move = np.random.default_rng(spec["seed"]), spec["motion"]
    jitter = lambda a: rng.uniform(-a, a)
    u = np.linspace(0, 1, FRAMES)
    x, y = 32 + jitter(10) + 0 * u, 30 + jitter(9) + 0 * u
    r, angle = RADIUS[spec["size"]] + 0 * u, 0 * u
    if move in ("left", "right"):
        east, west = 47 + jitter(4), 17 + jitter(4)
        a, b = (east, west) if move == "left" else (west, east)
        x = a + (b - a) * u
    elif move in ("up", "down"):
        bottom, top = 46 + jitter(3), 18 + jitter(3)
        a, b = (bottom, top) if move == "up" else (top, bottom)
        y = a + (b - a) * u
    elif move == "bounce":
        y = 46 - (24 + jitter(3)) * np.abs(np.sin(2 * np.pi * u))
    elif move == "zigzag":
        x, y = 16 + 32 * u, 31 + jitter(3) + 12 * (2 * np.abs(2 * ((2 * u + 0.25) % 1) - 1) - 1)
    elif move == "orbit":
        turn = 2 * np.pi * u + rng.uniform(0, 2 * np.pi)
        x, y = 32 + 15 * np.cos(turn), 32 + 15 * np.sin(turn)
    else:                                           # spin, grow, shrink stay near the middle
        x, y = 32 + jitter(5) + 0 * u, 31 + jitter(5) + 0 * u
        if move == "spin":
            angle = np.pi * u
        else:
            r = 5 + 12 * u if move == "grow" else 17 - 12 * u
    return x, y, r, angle


def render(spec):
    """-> (frames uint8 [17, 64, 64, 3], coverage of the object uint8 [17, 64, 64])"""
    tint, shape = np.array(COLORS[spec["color"]], float), _DISTANCE[spec["shape"]]
    moving = spec["bg"].startswith("sea")
    frames, covers, image = [], [], None
    for f, (x, y, r, angle) in enumerate(zip(*path(spec))):
        if image is None or moving:
            image = background(spec["bg"], f / (FRAMES - 1))
        c, s, dx, dy = np.cos(angle), np.sin(angle), _COL - x, _ROW - y
        cover = np.clip(0.5 - shape(c * dx + s * dy, c * dy - s * dx, r), 0, 1)
        frames.append(np.round(image * (1 - cover[..., None]) + tint * cover[..., None]).astype(np.uint8))
        covers.append(np.round(cover * 255).astype(np.uint8))
    return np.stack(frames), np.stack(covers)
