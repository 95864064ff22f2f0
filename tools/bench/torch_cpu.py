"""Times the shapes of `aiprod bench` with PyTorch on the processor: the limit of the machine that a software adapter runs on.

Optional: needs torch from PyPI, which nothing else here does. Writes the JSON that `aiprod bench --torch FILE` adds to its
report:

    python tools/bench/torch_cpu.py > torch.json
    aiprod bench matmul attention conv3d norm block --peers --torch torch.json

`--large` measures the largest shapes too, `--rounds N` (default 5) sets how often.
"""

import argparse
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


# Names are those of src/bench/suites/shapes.ts.
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
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--large", action="store_true")
    options = parser.parse_args()
    cases = []
    with torch.inference_mode():
        for suite, name, make, shape, large in CASES:
            if large and not options.large:
                continue
            run = make(*shape)
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
