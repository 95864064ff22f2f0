"""Make clips from WORK's current weights and score them.

    python sample.py WORK [--n 32] [--steps 16] [--guidance 4] [--shift 1] [--plain] [--sheet out.png]
"""
import argparse, json, os, time
import numpy as np
import torch
from PIL import Image, ImageDraw
from nets import GRID, LATENT_CHANNELS, ROPE_SCALE, build_text, build_transformer, build_vae, pixels_in, pixels_out, to_grid, to_tokens
from score import heldout, score
from world import Tokenizer, render


def load(work, vae_file="vae.pt", net_file="transformer.pt", fresh=False):
    """-> tokenizer, text encoder, transformer (averaged weights), vae with its latent statistics"""
    tokenizer, vae = Tokenizer(), build_vae()
    if os.path.exists(f"{work}/{vae_file}"):
        vae.load_state_dict(torch.load(f"{work}/{vae_file}")["model"])
    if os.path.exists(f"{work}/stats.npz"):
        stats = np.load(f"{work}/stats.npz")
        vae.latents_mean.copy_(torch.from_numpy(stats["mean"]))
        vae.latents_std.copy_(torch.from_numpy(stats["std"]))
    shape, mean, step = {}, None, 0
    if os.path.exists(f"{work}/{net_file}") and not fresh:
        ck = torch.load(f"{work}/{net_file}")
        shape, mean, step = ck["shape"], ck["mean"], ck["step"]
    dit, text = build_transformer(**shape), build_text(len(tokenizer.words))
    if mean:
        part = lambda key: {n[len(key):]: v for n, v in mean.items() if n.startswith(key)}
        dit.load_state_dict(part("dit."))
        text.load_state_dict(part("text."), strict=False)          # the tied second name of the embedding
    return tokenizer, text.eval(), dit.eval(), vae.eval(), step


def sigmas_of(steps, shift):
    s = np.linspace(1, 1 / steps, steps)
    return np.append(shift * s / (1 + (shift - 1) * s), 0.0)


@torch.no_grad()
def generate(models, prompts, steps=16, guidance=4.0, shift=1.0, seed=0, low_precision=False):
    tokenizer, text, dit, vae = models[:4]
    n, g = len(prompts), torch.Generator().manual_seed(seed)
    ids, mask = (torch.from_numpy(t) for t in tokenizer(list(prompts) + [""] * n))
    words = text(input_ids=ids).last_hidden_state
    x = to_tokens(torch.randn(n, LATENT_CHANNELS, *GRID, generator=g))
    sig = sigmas_of(steps, shift)
    with torch.autocast("cpu", torch.bfloat16, enabled=low_precision):
        for now, after in zip(sig[:-1], sig[1:]):
            v = dit(hidden_states=torch.cat([x, x]), encoder_hidden_states=words, timestep=torch.full((2 * n,), 1000.0 * now),
                    encoder_attention_mask=mask, num_frames=GRID[0], height=GRID[1], width=GRID[2],
                    rope_interpolation_scale=ROPE_SCALE, return_dict=False)[0].float()
            with_text, without = v.chunk(2)
            x = x + float(after - now) * (without + guidance * (with_text - without))
        shape = (1, -1, 1, 1, 1)
        z = to_grid(x) * vae.latents_std.view(shape) + vae.latents_mean.view(shape)
        return pixels_out(vae.decode(z).sample)


@torch.no_grad()
def reconstruct(vae, clips, low_precision=False):
    out = []
    with torch.autocast("cpu", torch.bfloat16, enabled=low_precision):
        for i in range(0, len(clips), 16):
            z = vae.encoder(pixels_in(clips[i:i + 16]))[:, :LATENT_CHANNELS]
            out.append(pixels_out(vae.decoder(z)))
    return np.concatenate(out)


def sheet(path, clips, captions, scale=2, every=2):
    """One row a clip, every second frame, the caption beside it."""
    rows = [np.concatenate(list(c[::every]), 1).repeat(scale, 0).repeat(scale, 1) for c in clips]
    high, wide = rows[0].shape[:2]
    image = Image.new("RGB", (wide + 300, high * len(rows)), "white")
    draw = ImageDraw.Draw(image)
    for i, (row, text) in enumerate(zip(rows, captions)):
        image.paste(Image.fromarray(row), (300, i * high))
        lines, line = [], ""
        for word in f"{i}. {text}".split():
            if len(line) + len(word) > 42:
                lines, line = lines + [line], ""
            line += word + " "
        draw.multiline_text((6, i * high + 12), "\n".join(lines + [line]), fill="black", font_size=13)
    image.save(path)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("work")
    ap.add_argument("--n", type=int, default=64)
    ap.add_argument("--steps", type=int, default=16)
    ap.add_argument("--guidance", type=float, default=4.0)
    ap.add_argument("--shift", type=float, default=1.0)
    ap.add_argument("--seed", type=int, default=100)
    ap.add_argument("--plain", action="store_true", help="the 64 prompts as the seed draws them, not balanced")
    ap.add_argument("--vae-only", action="store_true")
    ap.add_argument("--vae", default="vae.pt")
    ap.add_argument("--net", default="transformer.pt")
    ap.add_argument("--fast", action="store_true", help="bf16")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--sheet")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    models = load(a.work, a.vae, a.net)
    specs, captions = heldout(64, balanced=not a.plain)
    specs, captions = specs[:a.n], captions[:a.n]
    began = time.time()
    if a.vae_only:
        truth = np.stack([render(s)[0] for s in specs])
        clips = reconstruct(models[3], truth, a.fast)
        noise = ((clips.astype(float) - truth) ** 2).mean()
        extra = dict(vae_psnr=round(10 * np.log10(255 ** 2 / noise), 2))
    else:
        clips = np.concatenate([generate(models, captions[i:i + 16], a.steps, a.guidance, a.shift, a.seed + i, a.fast)
                                for i in range(0, a.n, 16)])
        extra = dict(step=models[4], steps=a.steps, guidance=a.guidance, shift=a.shift)
    total, detail = score(clips, specs)
    print(json.dumps({**extra, **total, "seconds": round(time.time() - began)}), json.dumps(detail), flush=True)
    if a.sheet:
        sheet(a.sheet, clips, captions)


if __name__ == "__main__":
    main()
