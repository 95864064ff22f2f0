"""Render the training clips: WORK/video{part}.npy, alpha{part}.npy, specs{part}.json, the motions evenly spread.

    for k in 0 1; do python make_data.py WORK $k 6000 & done
"""
import json, os, sys
import numpy as np
from world import FRAMES, MOTIONS, SIZE, render, sample_spec


def main():
    work, part, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.makedirs(work, exist_ok=True)
    shape = (count, FRAMES, SIZE, SIZE)
    video = np.lib.format.open_memmap(f"{work}/video{part}.npy", mode="w+", dtype=np.uint8, shape=(*shape, 3))
    alpha = np.lib.format.open_memmap(f"{work}/alpha{part}.npy", mode="w+", dtype=np.uint8, shape=shape)
    rng, names, specs = np.random.default_rng(1000 + part), list(MOTIONS), []
    for i in range(count):
        spec = sample_spec(rng, held=False, motion=names[i % len(names)])
        video[i], alpha[i] = render(spec)
        specs.append(spec)
    json.dump(specs, open(f"{work}/specs{part}.json", "w"))


if __name__ == "__main__":
    main()
