"""Times the shapes of `aiprod bench` with PyTorch on the processor: the limit of the machine that a software adapter runs on.

Optional: needs torch from PyPI, which nothing else here does. Writes the JSON that `aiprod bench --torch FILE` adds to its
report:

    python tools/bench/torch_cpu.py > torch.json
    aiprod bench matmul attention conv3d norm block train --peers --torch torch.json

`--large` measures the largest shapes too, `--rounds N` (default 5) sets how often; suites by name, all when none is named.
"""

import argparse
import contextlib
import json
import math
import time

import torch
import torch.nn.functional as F


def matmul(m, k, n, transposed=False):
    a, b = torch.randn(m, k), torch.randn(n, k) if transposed else torch.randn(k, n)
    return lambda: a @ (b.T if transposed else b)


def attention(heads, queries, keys, head_dim):
    q = torch.randn(1, heads, queries, head_dim)
    k, v = torch.randn(1, heads, keys, head_dim), torch.randn(1, heads, keys, head_dim)
    return lambda: F.scaled_dot_product_attention(q, k, v)


def conv3d(channels, frames, height, width):
    x, w = torch.randn(1, channels, frames, height, width), torch.randn(channels, channels, 3, 3, 3)
    return lambda: F.conv3d(x, w, padding=1)


def rms_norm(x, eps):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + eps)


def norm(rows, channels):
    x, scale, shift = torch.randn(rows, channels), torch.randn(channels), torch.randn(channels)
    return lambda: rms_norm(x, 1e-6) * (1 + scale) + shift


def block(tokens, text_tokens, heads, head_dim):
    """The LTX-Video block as src/bench/peers/peer-work.ts writes it down."""
    width = heads * head_dim

    def linear(outs, ins):
        return torch.randn(outs, ins) / math.sqrt(ins), torch.randn(outs) * 0.1

    layers = {f"{a}.{p}": linear(width, width) for a in ("attn1", "attn2") for p in ("q", "k", "v", "out")}
    layers["up"], layers["down"] = linear(4 * width, width), linear(width, 4 * width)
    norms = {f"{a}.{p}": torch.randn(width) for a in ("attn1", "attn2") for p in ("q", "k")}
    hidden, text = torch.randn(1, tokens, width), torch.randn(1, text_tokens, width)
    shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = torch.randn(6, width) * 0.5
    angles = torch.rand(tokens, width // 2) * 10
    cos, sin = angles.cos(), angles.sin()

    def apply(name, x):
        return F.linear(x, *layers[name])

    def normed(name, x):
        return rms_norm(x, 1e-5) * norms[name]

    def turned(x):
        a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(-2)

    def attend(q, k, v):
        q, k, v = (t.unflatten(-1, (heads, head_dim)).transpose(1, 2) for t in (q, k, v))
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(-2)

    def run():
        x = rms_norm(hidden, 1e-6) * (1 + scale_a) + shift_a
        query = turned(normed("attn1.q", apply("attn1.q", x)))
        key = turned(normed("attn1.k", apply("attn1.k", x)))
        h = hidden + apply("attn1.out", attend(query, key, apply("attn1.v", x))) * gate_a
        query, key = normed("attn2.q", apply("attn2.q", h)), normed("attn2.k", apply("attn2.k", text))
        h = h + apply("attn2.out", attend(query, key, apply("attn2.v", text)))
        y = rms_norm(h, 1e-6) * (1 + scale_f) + shift_f
        return h + apply("down", F.gelu(apply("up", y), approximate="tanh")) * gate_f

    return run


OPTIMIZER = {"lr": 1e-4, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.01}


def training(predict, parameters, target):
    """A step as src/bench/training.ts says: forward, mean squared error, backward, AdamW, loss read back."""
    optimizer = torch.optim.AdamW(parameters, **OPTIMIZER)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(predict(), target)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


class Weights:
    """Parameters of normal numbers, each made once."""

    def __init__(self):
        self.made = []

    def normal(self, *shape):
        deviation = 0.5 if len(shape) == 1 else math.sqrt(shape[0] / math.prod(shape))
        self.made.append((torch.randn(shape) * deviation).requires_grad_())
        return self.made[-1]

    def linear(self, outs, ins):
        weight, bias = self.normal(outs, ins), self.normal(outs)
        return lambda x: F.linear(x, weight, bias)

    def norm(self, width):
        weight = self.normal(width)
        return lambda x: rms_norm(x, 1e-5) * weight

    def conv(self, outs, ins, causal):
        """3 x 3 x 3; frames are repeated at the edges, rows and columns padded with zeros."""
        weight, bias = self.normal(outs, ins, 3, 3, 3), self.normal(outs)

        def run(x):
            frames = [x[:, :, :1]] * 2 + [x] if causal else [x[:, :, :1], x, x[:, :, -1:]]
            return F.conv3d(torch.cat(frames, 2), weight, bias, padding=(0, 1, 1))

        return run


def train_transformer(batch, tokens, text_tokens, latent, caption, heads, head_dim, layers):
    """The LTX-Video transformer as src/bench/peers/peer-training.ts writes it down."""
    width, w = heads * head_dim, Weights()
    proj_in, proj_out = w.linear(width, latent), w.linear(latent, width)
    time1, time2, modulation = w.linear(width, 256), w.linear(width, width), w.linear(6 * width, width)
    text1, text2 = w.linear(width, caption), w.linear(width, width)

    def attention_layer():
        return [w.linear(width, width) for _ in range(4)] + [w.norm(width), w.norm(width)]

    blocks = [
        (attention_layer(), attention_layer(), w.linear(4 * width, width), w.linear(width, 4 * width), w.normal(6, width)) for _ in range(layers)
    ]
    table = w.normal(2, width)
    hidden, text = torch.randn(batch, tokens, latent), torch.randn(batch, text_tokens, caption)
    sinusoid, angles = torch.randn(batch, 1, 256), torch.rand(tokens, width // 2) * 10
    cos, sin = angles.cos(), angles.sin()

    def turned(x):
        a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.stack((a * cos - b * sin, b * cos + a * sin), -1).flatten(-2)

    def attend(layer, x, context, position):
        to_q, to_k, to_v, to_out, norm_q, norm_k = layer
        q, k, v = position(norm_q(to_q(x))), position(norm_k(to_k(context))), to_v(context)
        q, k, v = (t.unflatten(-1, (heads, head_dim)).transpose(1, 2) for t in (q, k, v))
        return to_out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(-2))

    def predict():
        embedded = time2(F.silu(time1(sinusoid)))
        rows = modulation(F.silu(embedded)).chunk(6, -1)
        caption_states = text2(F.gelu(text1(text), approximate="tanh"))
        h = proj_in(hidden)
        for attn1, attn2, up, down, block_table in blocks:
            shift_a, scale_a, gate_a, shift_f, scale_f, gate_f = (row + entry for row, entry in zip(rows, block_table))
            x = rms_norm(h, 1e-6) * (1 + scale_a) + shift_a
            h = h + attend(attn1, x, x, turned) * gate_a
            h = h + attend(attn2, h, caption_states, lambda t: t)
            y = rms_norm(h, 1e-6) * (1 + scale_f) + shift_f
            h = h + down(F.gelu(up(y), approximate="tanh")) * gate_f
        shift, scale = embedded + table[0], embedded + table[1]
        return proj_out(F.layer_norm(h, (width,), eps=1e-6) * (1 + scale) + shift)

    return training(predict, w.made, torch.randn(batch, tokens, latent))


def train_vae(batch, frames, height, width, latent, channels):
    """The VAE as src/bench/peers/jax-vae.ts writes it down."""
    w, c = Weights(), channels

    def activated(x):
        return F.silu(x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8))

    def resnet(width, causal):
        conv1, conv2 = w.conv(width, width, causal), w.conv(width, width, causal)
        return lambda x: x + conv2(activated(conv1(activated(x))))

    def to_depth(x):
        blocks = x.unflatten(2, (-1, 2)).unflatten(4, (-1, 2)).unflatten(6, (-1, 2))
        return blocks.permute(0, 1, 3, 5, 7, 2, 4, 6).flatten(1, 4)

    def to_space(x):
        blocks = x.unflatten(1, (-1, 2, 2, 2)).permute(0, 1, 5, 2, 6, 3, 7, 4)
        return blocks.flatten(6, 7).flatten(4, 5).flatten(2, 3)

    def down(outs, ins):
        conv = w.conv(outs // 8, ins, True)

        def run(x):
            padded = torch.cat([x[:, :, :1], x], 2)
            return to_depth(conv(padded)) + to_depth(padded).unflatten(1, (outs, -1)).mean(2)

        return run

    def up(ins, factor):
        conv = w.conv(ins * 8 // factor, ins, False)
        return lambda x: to_space(conv(x) + x.repeat(1, 8 // factor, 1, 1, 1))[:, :, 1:]

    encoder = [w.conv(c, 48, True), down(2 * c, c), resnet(2 * c, True), down(2 * c, 2 * c), resnet(2 * c, True), activated]
    encoder.append(w.conv(latent + 1, 2 * c, True))
    decoder = [w.conv(2 * c, latent, False), resnet(2 * c, False), up(2 * c, 2), resnet(c, False), resnet(c, False)]
    decoder += [up(c, 1), resnet(c, False), activated, w.conv(48, c, False)]
    video = torch.randn(batch, 3, frames, height, width) * 0.5

    def predict():
        x = video.unflatten(3, (-1, 4)).unflatten(5, (-1, 4)).permute(0, 1, 6, 4, 2, 3, 5).flatten(1, 3)
        for layer in encoder:
            x = layer(x)
        x = x[:, :latent]
        for layer in decoder:
            x = layer(x)
        return x.unflatten(1, (3, 4, 4)).permute(0, 1, 4, 5, 3, 6, 2).flatten(5, 6).flatten(3, 4)

    return training(predict, w.made, video)


# Names are those of src/bench/suites/shapes.ts and src/bench/training.ts.
CASES = [
    ("matmul", "512x512x512", matmul, (512, 512, 512), False),
    ("matmul", "1024x1024x1024", matmul, (1024, 1024, 1024), False),
    ("matmul", "ltx-2b linear 1536x2048x8192", matmul, (1536, 2048, 8192), True),
    ("matmul", "ltx-2b linear 1536x2048x8192 transposed", matmul, (1536, 2048, 8192, True), True),
    ("matmul", "ltx-2b linear 1536x8192x2048", matmul, (1536, 8192, 2048), True),
    ("matmul", "ltx-2b linear 1536x8192x2048 transposed", matmul, (1536, 8192, 2048, True), True),
    ("attention", "8 heads, 1024x64", attention, (8, 1024, 1024, 64), False),
    ("attention", "32 heads, 1536x64 to 128 text tokens", attention, (32, 1536, 128, 64), False),
    ("attention", "32 heads, 1536x64 to 256 text tokens", attention, (32, 1536, 256, 64), False),
    ("attention", "32 heads, 1536x64", attention, (32, 1536, 1536, 64), True),
    ("conv3d", "64 to 64 on 5x32x32", conv3d, (64, 5, 32, 32), False),
    ("conv3d", "vae 512 to 512 on 5x16x24", conv3d, (512, 5, 16, 24), True),
    ("conv3d", "vae 128 to 128 on 17x64x96", conv3d, (128, 17, 64, 96), True),
    ("norm", "rms norm, scale, shift on 1536x2048", norm, (1536, 2048), False),
    ("block", "512 tokens x 512", block, (512, 128, 8, 64), False),
    ("block", "ltx-2b 1536 tokens x 2048", block, (1536, 128, 32, 64), True),
    ("train", "embedded transformer, 4 clips of 80 tokens", train_transformer, (4, 80, 24, 48, 128, 6, 32, 6), False),
    ("train", "embedded VAE, 9x32x32", train_vae, (1, 9, 32, 32, 48, 64), False),
    ("train", "embedded transformer, 8 clips of 80 tokens", train_transformer, (8, 80, 24, 48, 128, 6, 32, 6), True),
    ("train", "embedded VAE, 17x64x64", train_vae, (1, 17, 64, 64, 48, 64), True),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("suite", nargs="*")
    options = parser.parse_args()
    cases = []
    for suite, name, make, shape, large in CASES:
        if (large and not options.large) or (options.suite and suite not in options.suite):
            continue
        run = make(*shape)
        with contextlib.nullcontext() if suite == "train" else torch.inference_mode():
            run()
            seconds = []
            for _ in range(options.rounds):
                began = time.perf_counter()
                run()
                seconds.append(time.perf_counter() - began)
            cases.append({"suite": suite, "name": name, "seconds": seconds})
    print(json.dumps({"contender": "torch-cpu", "version": torch.__version__, "threads": torch.get_num_threads(), "cases": cases}, indent=2))


if __name__ == "__main__":
    main()
