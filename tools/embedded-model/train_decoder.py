"""Go on training the decoder alone, on the latents of the frozen encoder (the transformer stays valid).

    python train_decoder.py WORK --until 17:10        reads WORK/vae.pt, stats.npz, latents.npy; writes WORK/vae_final.pt
"""
import argparse, glob, os, signal, time
from datetime import datetime
import numpy as np
import torch
import torch.nn.functional as fn
from nets import build_vae, pixels_in, to_grid
from optim import Muon
from train_vae import clock, edges, groups_of
import fastnorm


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("work")
    ap.add_argument("--start", default="+0")
    ap.add_argument("--until", required=True)
    ap.add_argument("--batch", type=int, default=5)
    ap.add_argument("--lr", type=float, default=8e-4)
    ap.add_argument("--noise", type=float, default=0.1, help="most noise on the normalised latents")
    ap.add_argument("--l1", type=float, default=0.5)
    ap.add_argument("--edge", type=float, default=0.3)
    ap.add_argument("--near", type=float, default=3.0)
    ap.add_argument("--inside", type=float, default=3.0)
    ap.add_argument("--clips", type=int, default=2500)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    fastnorm.install()
    torch.set_num_threads(a.threads)
    start, end = clock(a.start), clock(a.until)
    rng, path = np.random.default_rng(int(time.time())), f"{a.work}/vae_final.pt"
    first = next(iter(sorted(glob.glob(f"{a.work}/video*.npy"))))
    video = np.array(np.load(first, mmap_mode="r")[:a.clips])
    alpha = np.array(np.load(first.replace("video", "alpha"), mmap_mode="r")[:a.clips])
    latents = torch.from_numpy(np.load(f"{a.work}/latents.npy", mmap_mode="r")[:a.clips].copy())
    vae = build_vae()
    vae.load_state_dict(torch.load(path if os.path.exists(path) else f"{a.work}/vae.pt")["model"])
    stats = np.load(f"{a.work}/stats.npz")
    mean, std = (torch.from_numpy(stats[k]).view(1, -1, 1, 1, 1) for k in ("mean", "std"))
    vae.encoder.requires_grad_(False)
    kernels, wide, rest = groups_of(vae.decoder)
    opts = [Muon([dict(params=kernels), dict(params=wide, split=8)], lr=a.lr),
            torch.optim.AdamW(rest, lr=1e-3, betas=(0.9, 0.98), weight_decay=0.0)]
    base, average, step, began = [a.lr, 1e-3], None, 0, time.time()
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    while (now := time.time()) < end and not stopped:
        k = min(1.0, (step + 1) / 40) * max(0.02, 1 - (now - start) / (end - start))
        for o, lr in zip(opts, base):
            for g in o.param_groups:
                g["lr"] = lr * k
        rows = rng.integers(0, len(video), a.batch)
        x = pixels_in(video[rows])
        mask = torch.from_numpy(alpha[rows]).float()[:, None].div_(255)
        z = to_grid(latents[rows].float())
        z = z + torch.randn_like(z) * torch.rand(a.batch, 1, 1, 1, 1) * a.noise
        with torch.autocast("cpu", torch.bfloat16):
            y = vae.decoder((z * std + mean).contiguous(memory_format=torch.channels_last_3d)).float()
        d = y - x
        weight = 1 + a.near * fn.max_pool3d(mask, (1, 7, 7), 1, (0, 3, 3)) + a.inside * mask
        loss = 2 * (d * d * weight).mean() + a.l1 * (d.abs() * weight).mean() + a.edge * edges(d)
        for o in opts:
            o.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(vae.decoder.parameters(), 1.0)
        for o in opts:
            o.step()
        step += 1
        seen = np.array([(d * d).mean().item(), ((d * d * mask).sum() / (mask.sum() * 3)).item(), loss.item()])
        average = seen if average is None else 0.95 * average + 0.05 * seen
        if step % 25 == 0:
            print(f"{datetime.now():%H:%M:%S} decoder step {step} k={k:.2f} psnr={10*np.log10(4/average[0]):.2f} "
                  f"object_psnr={10*np.log10(4/average[1]):.2f} loss={average[2]:.4f} s/step={(time.time()-began)/step:.3f}", flush=True)
    torch.save(dict(model=vae.state_dict()), path + ".new")
    os.replace(path + ".new", path)
    print("end", step, flush=True)


if __name__ == "__main__":
    main()
