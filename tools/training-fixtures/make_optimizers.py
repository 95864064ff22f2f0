"""Makes src/training/fixtures/optimizers.json: trajectories of the optimisers of torch, transformers and bitsandbytes, learning rates of
transformers' schedules, decays of diffusers' EMAModel and scales of torch's GradScaler, to judge src/training by.

Usage: make_optimizers.py FILE. Used: torch 2.15.0, transformers 5.24.0, diffusers 0.42.1, bitsandbytes 0.50.2, all on the CPU.
"""

import json
import sys

import bitsandbytes
import bitsandbytes.backends.cpu.ops as cpu
import torch
from diffusers.training_utils import EMAModel
from transformers import optimization

STEPS = 4
SHAPES = {"wide": [12, 20], "tall": [20, 8], "conv": [6, 4, 3], "bias": [10]}


def numbers(seed: int, count: int) -> torch.Tensor:
    """A linear congruential generator that any language can repeat, from -1 to 1."""
    state, values = seed, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(state / 2**30 - 1)
    return torch.tensor(values, dtype=torch.float64).to(torch.float32)


def gradient(step: int, seed: int, shape: list[int]) -> torch.Tensor:
    """Of several orders of magnitude."""
    count = torch.Size(shape).numel()
    scales = torch.tensor([10.0 ** (k % 4 - 3) for k in range(count)], dtype=torch.float32)
    return (numbers(1000 * (step + 1) + seed, count) * scales).reshape(shape)


def trajectory(make, shapes: dict[str, list[int]]) -> dict:
    weights = [torch.nn.Parameter(numbers(7 + k, torch.Size(shape).numel()).reshape(shape)) for k, shape in enumerate(shapes.values())]
    optimizer = make(weights)
    for step in range(STEPS):
        for k, (weight, shape) in enumerate(zip(weights, shapes.values())):
            weight.grad = gradient(step, k, shape)
        optimizer.step()
    return {
        "shapes": shapes,
        "weights": {name: [float(f"{x:.8g}") for x in weight.detach().flatten().tolist()] for name, weight in zip(shapes, weights)},
    }


def in_f32(make):
    """Muon's iteration rounds to bfloat16; this one lets it keep f32, so that the arithmetic itself can be compared."""
    rounded, module = torch.bfloat16, torch.optim._muon.torch

    def build(weights):
        optimizer = make(weights)
        step = optimizer.step

        def wrapped():
            module.bfloat16 = torch.float32
            try:
                step()
            finally:
                module.bfloat16 = rounded

        optimizer.step = wrapped
        return optimizer

    return build


def nearest_codes(values, code, absmax_out, out_uint8, blocksize):
    """The library's compiled quantiser for f32 on the CPU looks codes up on a grid of 2^16 steps, which is coarse near 0; that for any other type
    finds the nearest, as its GPU kernels do."""
    out, absmax = torch.ops.bitsandbytes.quantize_blockwise(values.double(), code, blocksize)
    out_uint8.copy_(out)
    absmax_out.copy_(absmax)


cpu._quant_blockwise_fp32_direct = nearest_codes

matrices = {name: shape for name, shape in SHAPES.items() if len(shape) == 2}
blocks = {"odd": [5, 70], "whole": [24, 32]}
adam = {"lr": 1e-2, "betas": (0.9, 0.99), "eps": 1e-8, "weight_decay": 0.1}


def rates(make, count: int) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    schedule, values = make(optimizer), []
    for _ in range(count):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return values


def decays(**options) -> list[float]:
    average = EMAModel([torch.nn.Parameter(torch.zeros(1))], **options)
    return [average.get_decay(step) for step in [1, 2, 3, 5, 10, 100, 1000, 100000]]


def scales() -> list[float]:
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_factor=2.0, backoff_factor=0.5, growth_interval=3)
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer, values = torch.optim.SGD([weight], lr=1.0), []
    for finite in [True, True, True, True, False, True, True, False, False, True, True, True]:
        values.append(scaler.get_scale())
        scaler.scale(weight * 0).backward()
        weight.grad = torch.tensor([1.0 if finite else float("inf")])
        scaler.step(optimizer)
        scaler.update()
    return values + [scaler.get_scale()]


result = {
    "steps": STEPS,
    "adamw": trajectory(lambda w: torch.optim.AdamW(w, **adam), SHAPES),
    "adamw8bit": trajectory(lambda w: bitsandbytes.optim.AdamW8bit(w, **adam, min_8bit_size=1), blocks),
    "adafactor": trajectory(lambda w: optimization.Adafactor(w, weight_decay=0.1), SHAPES),
    "adafactor_fixed": trajectory(
        lambda w: optimization.Adafactor(w, lr=1e-2, relative_step=False, scale_parameter=False, beta1=0.9, clip_threshold=0.5), SHAPES
    ),
    "adafactor_warmup": trajectory(lambda w: optimization.Adafactor(w, warmup_init=True), SHAPES),
    "muon": trajectory(in_f32(lambda w: torch.optim.Muon(w, lr=1e-2, weight_decay=0.1)), matrices),
    "muon_rms": trajectory(in_f32(lambda w: torch.optim.Muon(w, lr=1e-2, adjust_lr_fn="match_rms_adamw", nesterov=False)), matrices),
    "muon_bf16": trajectory(lambda w: torch.optim.Muon(w, lr=1e-2, weight_decay=0.1), matrices),
    "maps": {str(signed): bitsandbytes.functional.create_dynamic_map(signed).tolist() for signed in [True, False]},
    "rates": {
        "constant": rates(lambda o: optimization.get_constant_schedule_with_warmup(o, 5), 24),
        "linear": rates(lambda o: optimization.get_linear_schedule_with_warmup(o, 5, 20), 24),
        "linear_least": rates(lambda o: torch.optim.lr_scheduler.LinearLR(o, 1.0, 0.1, 20), 24),
        "cosine": rates(lambda o: optimization.get_cosine_schedule_with_warmup(o, 5, 20), 24),
        "cosine_cycles": rates(lambda o: optimization.get_cosine_schedule_with_warmup(o, 5, 20, num_cycles=1.5), 24),
        "restarts": rates(lambda o: optimization.get_cosine_with_hard_restarts_schedule_with_warmup(o, 5, 20, num_cycles=3), 24),
        "polynomial": rates(lambda o: optimization.get_polynomial_decay_schedule_with_warmup(o, 5, 20, lr_end=0.01, power=2.0), 24),
        "stable_cosine": rates(lambda o: optimization.get_wsd_schedule(o, 5, 6, num_stable_steps=8, min_lr_ratio=0.1), 24),
        "stable_linear": rates(lambda o: optimization.get_wsd_schedule(o, 5, 6, num_stable_steps=8, decay_type="linear"), 24),
        "stable_root": rates(lambda o: optimization.get_wsd_schedule(o, 5, 6, num_stable_steps=8, decay_type="1-sqrt"), 24),
    },
    "decays": {
        "usual": decays(),
        "warmup": decays(use_ema_warmup=True, inv_gamma=2.0, power=0.75, decay=0.99),
        "late": decays(update_after_step=4, min_decay=0.5, decay=0.9),
    },
    "scales": scales(),
}  # fmt: skip

with open(sys.argv[1], "w") as file:
    json.dump(result, file, separators=(",", ":"))
    file.write("\n")
