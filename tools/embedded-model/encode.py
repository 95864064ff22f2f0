"""Latents of every clip, their statistics, and which tokens the object touches.

    python encode.py WORK [--clips 12000]

Writes WORK/latents.npy (f16, normalised, [N, 80, 48]), touched.npy, latent_specs.json and stats.npz (mean, std).
"""
import argparse, glob, json, time
import numpy as np
import torch
import torch.nn.functional as fn
import fastnorm
from nets import GRID, LATENT_CHANNELS, build_vae, pixels_in, to_tokens


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("work")
    ap.add_argument("--clips", type=int, default=10 ** 9)
    ap.add_argument("--vae", default="vae.pt")
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    fastnorm.install()
    torch.set_num_threads(a.threads)
    vae = build_vae()
    vae.load_state_dict(torch.load(f"{a.work}/{a.vae}")["model"])
    began, z, touched, specs = time.time(), [], [], []
    for path in sorted(glob.glob(f"{a.work}/video*.npy")):
        video = np.load(path, mmap_mode="r")
        alpha = np.load(path.replace("video", "alpha"), mmap_mode="r")
        names = json.load(open(path.replace("video", "specs").replace(".npy", ".json")))
        n = min(len(video), a.clips - len(specs))
        for i in range(0, n, 8):
            j = min(i + 8, n)
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
                h = vae.encoder(pixels_in(video[i:j]))[:, :LATENT_CHANNELS].float()
            z.append(to_tokens(h).contiguous())
            cover = torch.from_numpy(alpha[i:j]).float()
            cover = torch.cat([cover[:, :1].expand(-1, 3, -1, -1), cover], 1)      # a latent frame holds 1, then 4 frames
            touched.append((fn.max_pool3d(cover[:, None], (4, 16, 16))[:, 0] > 40).flatten(1))
        specs += names[:n]
    z = torch.cat(z)
    mean, std = z.mean((0, 1)), z.std((0, 1))
    print("std", std.numpy().round(2).tolist(), "touched", torch.cat(touched).float().mean().item(), f"{time.time()-began:.0f} s")
    np.save(f"{a.work}/latents.npy", ((z - mean) / std).half().numpy())
    np.save(f"{a.work}/touched.npy", torch.cat(touched).numpy())
    np.savez(f"{a.work}/stats.npz", mean=mean.numpy(), std=std.numpy())
    json.dump(specs, open(f"{a.work}/latent_specs.json", "w"))


if __name__ == "__main__":
    main()
