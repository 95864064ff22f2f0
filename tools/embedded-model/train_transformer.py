"""Train the transformer and the text encoder together on the latents of encode.py.

    python train_transformer.py WORK --until 17:12 [--start 16:10]
    export WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=29517
    for r in 0 1; do RANK=$r python train_transformer.py WORK --until 17:12 --batch 16 & done; wait

On a machine that others use as well the second form (one process a core, one meeting a step) is far better than two
threads, which wait for each other a thousand times a step.

Flow matching: x = (1 - s) data + s noise, the network predicts noise - data at timestep 1000 s. Resumable, driven by the
wall clock, writes WORK/transformer.pt (with the averaged weights) every two minutes.
"""
import argparse, fcntl, json, os, signal, time
from datetime import datetime
import numpy as np
import torch
import torch.distributed as dist
from nets import GRID, ROPE_SCALE, build_text, build_transformer
from optim import Muon
from train_vae import clock
from world import Tokenizer, caption
import fastnorm


def split_params(named):
    """Matrices inside the blocks go to Muon, everything else (embeddings, in and out, biases, tables) to AdamW."""
    inside = lambda n: ".block" in n or "_blocks" in n
    matrix = [p for n, p in named if p.ndim == 2 and inside(n) and "table" not in n and "relative" not in n]
    known = {id(p) for p in matrix}
    return matrix, [p for _, p in named if id(p) not in known]


class Captions:
    """Draws captions anew at every step: a tenth empty, an unknown word in some."""

    def __init__(self, specs, rng, empty=0.1, unknown=0.15):
        self.specs, self.rng, self.empty, self.unknown = specs, rng, empty, unknown
        self.tokenizer = Tokenizer()

    def __call__(self, rows):
        rng = self.rng
        texts = ["" if rng.random() < self.empty else caption(self.specs[i], rng) for i in rows]
        ids, mask = self.tokenizer(texts)
        for r, text in enumerate(texts):
            length = mask[r].sum()
            if text and length < ids.shape[1] and rng.random() < self.unknown:
                at = rng.integers(length)
                ids[r, at + 1:] = ids[r, at:-1].copy()
                ids[r, at] = 2
                mask[r, length] = 1
        return torch.from_numpy(ids), torch.from_numpy(mask)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("work")
    ap.add_argument("--start", default="+0")
    ap.add_argument("--until", required=True)
    ap.add_argument("--batch", type=int, default=64)
    ap.add_argument("--width", type=int, default=192)
    ap.add_argument("--layers", type=int, default=6)
    ap.add_argument("--heads", type=int, default=6)
    ap.add_argument("--muon", type=float, default=6e-3)
    ap.add_argument("--adam", type=float, default=2e-3)
    ap.add_argument("--flat", type=float, default=0.55)
    ap.add_argument("--touch", type=float, default=1.0, help="extra loss weight of tokens the object touches")
    ap.add_argument("--bias", type=float, default=0.5, help="mean of the logit-normal noise level")
    ap.add_argument("--threads", type=int, default=1)
    ap.add_argument("--save", default="transformer.pt")
    ap.add_argument("--begin", help="weights to begin with where there is no state yet (see import_export.py)")
    ap.add_argument("--compile", action="store_true")
    a = ap.parse_args()
    fastnorm.install()
    torch.set_num_threads(a.threads)
    rank, ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
    if ranks > 1:
        dist.init_process_group("gloo")
    torch.manual_seed(0)                          # every process begins with the same weights ...
    rng = np.random.default_rng([int(time.time()), rank])
    start, end = clock(a.start), clock(a.until)
    lock = open(f"{a.work}/{a.save}.lock{rank or ''}", "w")        # two runs would overwrite each other's state
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit("another run trains this file already; leave it alone and watch its log")
    latents = torch.from_numpy(np.load(f"{a.work}/latents.npy"))
    touched = torch.from_numpy(np.load(f"{a.work}/touched.npy"))
    specs = json.load(open(f"{a.work}/latent_specs.json"))
    captions = Captions(specs, rng)
    dit = build_transformer(a.width, a.layers, a.heads)
    text = build_text(len(captions.tokenizer.words))
    named = [("dit." + n, p) for n, p in dit.named_parameters()] + [("text." + n, p) for n, p in text.named_parameters()]
    print("parameters", {m: sum(p.numel() for n, p in named if n.startswith(m)) for m in ("dit", "text")}, flush=True)
    matrices, rest = split_params(named)
    opts = [Muon([dict(params=matrices)], lr=a.muon), torch.optim.AdamW(rest, lr=a.adam, betas=(0.9, 0.98), weight_decay=0.0)]
    base = [a.muon, a.adam]
    if a.compile:
        dit.compile_repeated_blocks(fullgraph=True, dynamic=False)
    params, mean = [p for _, p in named], [p.detach().clone() for _, p in named]
    step, path = 0, f"{a.work}/{a.save}"
    if os.path.exists(path):
        ck = torch.load(path)
        for p, m, (n, _) in zip(params, mean, named):
            p.data.copy_(ck["model"][n])
            m.copy_(ck["mean"][n])
        for o, s in zip(opts, ck["opts"]):
            o.load_state_dict(s)
        step = ck["step"]
        print("resumed at", step, flush=True)
    elif a.begin:
        ck = torch.load(a.begin)
        for p, m, (n, _) in zip(params, mean, named):
            p.data.copy_(ck["model"][n])
            m.copy_(ck["model"][n])

    torch.manual_seed(int(time.time()) * 10 + rank)   # ... and draws its own noise

    def share(done, stop):
        """Average the gradients of all processes; the first one's clock counts for all."""
        if ranks == 1:
            return done, stop
        flat = torch.cat([p.grad.reshape(-1) for p in params] + [torch.tensor([0.0 if rank else done * ranks, float(stop)])])
        dist.all_reduce(flat)
        flat /= ranks
        at = 0
        for p in params:
            p.grad.copy_(flat[at:at + p.numel()].view_as(p))
            at += p.numel()
        return flat[-2].item(), flat[-1].item() > 0

    def save():
        if rank:
            return
        torch.save(dict(model=dict((n, p.detach()) for n, p in named), mean=dict((n, m) for (n, _), m in zip(named, mean)),
                        opts=[o.state_dict() for o in opts], step=step,
                        shape=dict(width=a.width, layers=a.layers, heads=a.heads)), path + ".new")
        os.replace(path + ".new", path)

    log = open(f"{a.work}/{a.save}.log", "a")
    last, began, first = time.time(), time.time(), step
    losses, quarter = None, np.zeros((4, 2))
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    finish = False
    while not finish:
        rows = rng.integers(0, len(latents), a.batch)
        ids, mask = captions(rows)
        x0 = latents[rows].float()
        noise = torch.randn_like(x0)
        level = torch.sigmoid(torch.randn(a.batch) + a.bias)
        level = torch.where(torch.rand(a.batch) < 0.1, torch.rand(a.batch), level)
        s = level[:, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            # LTXPipeline gives the T5 encoder no mask; a quarter of the steps does, so that both ways work
            words = text(input_ids=ids, attention_mask=mask if step % 4 == 0 else None).last_hidden_state
            v = dit(hidden_states=(1 - s) * x0 + s * noise, encoder_hidden_states=words, timestep=level * 1000,
                    encoder_attention_mask=mask, num_frames=GRID[0], height=GRID[1], width=GRID[2],
                    rope_interpolation_scale=ROPE_SCALE, return_dict=False)[0].float()
        error = ((v - (noise - x0)) ** 2).mean(-1)
        weight = 1 + a.touch * touched[rows].float()
        loss = (error * weight).sum() / weight.sum()
        for o in opts:
            o.zero_grad(set_to_none=True)
        loss.backward()
        now = time.time()
        done, finish = share((now - start) / (end - start), now >= end or bool(stopped))
        k = min(1.0, (step + 1) / 60) * (1.0 if done < a.flat else max(0.02, (1 - done) / (1 - a.flat)))
        for o, lr in zip(opts, base):
            for g in o.param_groups:
                g["lr"] = lr * k
        norm = torch.nn.utils.clip_grad_norm_(params, 1.0)
        for o in opts:
            o.step()
        step += 1
        if ranks > 1 and step % 100 == 0:
            for p in params:
                dist.broadcast(p.data, 0)
        with torch.no_grad():
            decay = min(0.998, (1 + step) / (10 + step)) if done < 0.9 else 0.995
            torch._foreach_lerp_(mean, params, 1 - decay)
            on = touched[rows]
            seen = np.array([error.mean().item(), error[on].mean().item(), norm.item()])
            losses = seen if losses is None else 0.98 * losses + 0.02 * seen
            which = np.minimum((level.numpy() * 4).astype(int), 3)
            per = (error * on).sum(1).numpy() / on.sum(1).clamp(min=1).numpy()
            for q in range(4):
                quarter[q] = quarter[q] * 0.98 + 0.02 * np.array([per[which == q].sum(), (which == q).sum()])
        if step % 50 == 0 and rank == 0:
            line = (f"{datetime.now():%H:%M:%S} step {step} k={k:.2f} loss={losses[0]:.4f} object={losses[1]:.4f} norm={losses[2]:.2f} "
                    f"object_by_noise={np.round(quarter[:, 0] / (quarter[:, 1] + 1e-9), 3).tolist()} s/step={(time.time()-began)/(step-first):.3f}")
            print(line, flush=True)
            print(line, file=log, flush=True)
        if time.time() - last > 120:
            save()
            last = time.time()
    save()
    print("end", step, flush=True)
    if ranks > 1:
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
