"""Train the video autoencoder.

    python train_vae.py WORK --until 16:05 [--start 15:15] [--optimizer muon]

WORK holds video*.npy / alpha*.npy of make_data.py. Everything is driven by the wall clock: the learning rate and the
crop schedule depend on where `now` lies between start and end. Writes WORK/vae.pt (resumable) every two minutes.
"""
import argparse, glob, os, signal, time
from datetime import datetime
import numpy as np
import torch
import torch.nn.functional as fn
from nets import build_vae, pixels_in
from optim import Muon
import fastnorm

fastnorm.install()


def clock(text):
    """'HH:MM' today, or '+seconds' from now."""
    if text.startswith("+"):
        return time.time() + float(text[1:])
    h, m = map(int, text.split(":"))
    return datetime.now().replace(hour=h, minute=m, second=0, microsecond=0).timestamp()


class Clips:
    """The first `most` clips of every file, held in memory (a memory map is too slow when the page cache is short)."""

    def __init__(self, folder, most):
        first = lambda p: np.array(np.load(p, mmap_mode="r")[:most])
        self.video = [first(p) for p in sorted(glob.glob(f"{folder}/video*.npy"))]
        self.alpha = [first(p) for p in sorted(glob.glob(f"{folder}/alpha*.npy"))]

    def batch(self, rng, n, frames, size):
        xs, ws = [], []
        for _ in range(n):
            part = rng.integers(len(self.video))
            i = rng.integers(len(self.video[part]))
            f = 0 if rng.random() < 0.25 else rng.integers(17 - frames + 1)
            a = self.alpha[part][i, f:f + frames]
            y = x = 0
            if size < 64:                       # a window near the object, in steps of 4 so that patches see all phases
                t = a[rng.integers(frames)]
                hit = np.argwhere(t[::4, ::4] > 60)
                cy, cx = hit[rng.integers(len(hit))] * 4 if len(hit) else (32, 32)
                y = int(np.clip(cy - size // 2 + rng.integers(-10, 11), 0, 64 - size))
                x = int(np.clip(cx - size // 2 + rng.integers(-10, 11), 0, 64 - size))
            xs.append(self.video[part][i, f:f + frames, y:y + size, x:x + size])
            ws.append(a[:, y:y + size, x:x + size])
        weight = torch.from_numpy(np.stack(ws)).float()[:, None].div_(255)
        return pixels_in(np.stack(xs)), weight


def edges(d):
    return (d[..., 1:] - d[..., :-1]).abs().mean() + (d[..., 1:, :] - d[..., :-1, :]).abs().mean()


def groups_of(vae):
    kernels, wide, rest = [], [], []
    for name, p in vae.named_parameters():
        if p.ndim == 5 and "upsamplers" in name:
            wide.append(p)
        elif p.ndim == 5:
            kernels.append(p)
        else:
            rest.append(p)
    return kernels, wide, rest


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("work")
    ap.add_argument("--start", default="+0")
    ap.add_argument("--until", required=True)
    ap.add_argument("--optimizer", default="muon")
    ap.add_argument("--lr", type=float, default=4e-3)
    ap.add_argument("--noise", type=float, default=0.08)
    ap.add_argument("--near", type=float, default=3.0, help="extra loss weight at and around the object")
    ap.add_argument("--inside", type=float, default=4.0, help="further weight inside it (else L1 prefers the background)")
    ap.add_argument("--clips", type=int, default=2000, help="clips used of every file")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--save", default="vae.pt")
    ap.add_argument("--begin", help="weights to begin with where there is no state yet (see import_export.py)")
    ap.add_argument("--plan", default="0:32:32:9,0.30:10:48:17,0.45:6:64:17", help="from:batch:size:frames,...")
    ap.add_argument("--l1", type=float, default=0.35, help="share of the time after which L1 joins the squared error")
    ap.add_argument("--sharp", type=float, default=0.6, help="share of the time after which the edge term joins")
    ap.add_argument("--flat", type=float, default=0.4, help="share of the time with a constant learning rate")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(0)
    rng = np.random.default_rng(int(time.time()))
    start, end = clock(a.start), clock(a.until)
    clips, vae = Clips(a.work, a.clips), build_vae()
    kernels, wide, rest = groups_of(vae)
    if a.optimizer == "muon":
        opts = [Muon([dict(params=kernels), dict(params=wide, split=8)], lr=a.lr),
                torch.optim.AdamW(rest, lr=2e-3, betas=(0.9, 0.98), weight_decay=0.0)]
    else:
        opts = [torch.optim.AdamW(kernels + wide + rest, lr=a.lr, betas=(0.9, 0.98), weight_decay=0.0)]
    base = [[g["lr"] for g in o.param_groups] for o in opts]
    step, path = 0, f"{a.work}/{a.save}"
    if os.path.exists(path):
        ck = torch.load(path)
        vae.load_state_dict(ck["model"])
        for o, s in zip(opts, ck["opts"]):
            o.load_state_dict(s)
        step = ck["step"]
        print("resumed at", step, flush=True)
    elif a.begin:
        vae.load_state_dict(torch.load(a.begin)["model"])

    def save():
        torch.save(dict(model=vae.state_dict(), opts=[o.state_dict() for o in opts], step=step), path + ".new")
        os.replace(path + ".new", path)

    plan = sorted((float(x[0]), int(x[1]), int(x[2]), int(x[3])) for x in (p.split(":") for p in a.plan.split(",")))
    log = open(f"{a.work}/{a.save}.log", "a")
    average, last, began, first = {}, time.time(), time.time(), step
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    while (now := time.time()) < end and not stopped:
        done = (now - start) / (end - start)
        _, n, size, frames = [p for p in plan if p[0] <= max(done, 0)][-1]
        k = min(1.0, (step + 1) / 40) * (1.0 if done < a.flat else max(0.02, (1 - done) / (1 - a.flat)))
        for o, b in zip(opts, base):
            for g, lr in zip(o.param_groups, b):
                g["lr"] = lr * k
        x, mask = clips.batch(rng, n, frames, size)
        with torch.autocast("cpu", torch.bfloat16):
            h = vae.encoder(x)
            z = h[:, :h.shape[1] // 2].float()
            spread = z.detach().std(dim=(0, 2, 3, 4), keepdim=True)
            zn = z + torch.randn_like(z) * spread * (a.noise * torch.rand(n, 1, 1, 1, 1) * 2)
            y = vae.decoder(zn).float()
        d = y - x
        near = fn.max_pool3d(mask, (1, 7, 7), 1, (0, 3, 3))     # the object and its rim, holes and notches included
        weight = 1 + a.near * near + a.inside * mask
        square = (d * d * weight).mean()
        l1 = (d.abs() * weight).mean()
        blend = min(1.0, max(0.0, (done - a.l1) / 0.05))
        loss = 2 * square + 0.3 * blend * l1 + 1e-4 * (z * z).mean()
        if done > a.sharp:
            loss = loss + 0.25 * edges(d)
        for o in opts:
            o.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(vae.parameters(), 1.0)
        for o in opts:
            o.step()
        step += 1
        with torch.no_grad():
            seen = dict(mse=(d * d).mean().item(), object=((d * d * mask).sum() / (mask.sum() * 3 + 1)).item(),
                        l1=l1.item(), norm=norm.item(), z=z.std().item())
        for key, value in seen.items():
            average[key] = value if key not in average else 0.95 * average[key] + 0.05 * value
        if step % 25 == 0:
            line = (f"{datetime.now():%H:%M:%S} step {step} {n}x{frames}x{size} k={k:.2f} psnr={10*np.log10(4/average['mse']):.2f} "
                    f"object_psnr={10*np.log10(4/average['object']):.2f} l1={average['l1']:.4f} norm={average['norm']:.2f} "
                    f"z={average['z']:.2f} s/step={(time.time()-began)/(step-first):.3f}")
            print(line, flush=True)
            print(line, file=log, flush=True)
        if time.time() - last > 90:
            save()
            last = time.time()
    save()
    print("end", step, flush=True)


if __name__ == "__main__":
    main()
