"""Writes src/diffusion/fixtures/solver-variants.json: runs of solvers that take several evaluations a step or remember earlier ones.

Heun and DPM-Solver++ are the schedulers of diffusers. Gradient estimation and res-2s have no scheduler there: they are written out
in float64 from their papers, res-2s with LTX-2's fresh noise and with its fitting of the step's start as a plain loop.

Needs torch and diffusers. Run from the root of the repository: python tools/reference-cases/make_solver_cases.py
"""

import json
import math
from pathlib import Path

import diffusers
import torch

torch.manual_seed(5)
SIZE = 24


def velocity(x, sigma):
    """Stands in for a model: smooth, not linear, depends on the noise level. The test has the same."""
    return torch.sin(1.5 * x + 2 * sigma) + 0.2 * x


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.double().reshape(-1).tolist()]


def case(solver, sigmas, samples, start, noise=()):
    return {
        "solver": solver,
        "sigmas": numbers(torch.as_tensor(sigmas)),
        "sample": numbers(start),
        "noise": [numbers(draw) for draw in noise],
        "samples": [numbers(sample) for sample in samples],
    }


def heun(steps, shift):
    scheduler = diffusers.FlowMatchHeunDiscreteScheduler(shift=shift)
    scheduler.set_timesteps(steps)
    start = x = torch.randn(SIZE)
    samples = []
    for i, t in enumerate(scheduler.timesteps):
        x = scheduler.step(velocity(x, t / 1000), t, x, return_dict=False)[0]
        if i % 2 == 1 or i == len(scheduler.timesteps) - 1:
            samples.append(x)
    sigmas = torch.cat([scheduler.sigmas[:1], scheduler.sigmas[1:-1][::2], scheduler.sigmas[-1:]])
    return case({"kind": "heun"}, sigmas, samples, start)


def dpm(steps, shift):
    scheduler = diffusers.DPMSolverMultistepScheduler(
        use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=shift, final_sigmas_type="zero", lower_order_final=False
    )
    scheduler.set_timesteps(steps)
    start = x = torch.randn(SIZE)
    samples = []
    for i, t in enumerate(scheduler.timesteps):
        x = scheduler.step(velocity(x, scheduler.sigmas[i]), t, x, return_dict=False)[0]
        samples.append(x)
    return case({"kind": "dpmpp-2m"}, scheduler.sigmas, samples, start)


def gradient_estimating(sigmas, gamma):
    start = x = torch.randn(SIZE, dtype=torch.float64)
    samples, before = [], None
    for sigma, following in zip(sigmas[:-1], sigmas[1:]):
        v = velocity(x, sigma)
        if following == 0:
            x = x - sigma * v
        else:
            x = x + (following - sigma) * (v if before is None else gamma * (v - before) + before)
        before = v
        samples.append(x)
    return case({"kind": "gradient-estimating", "gamma": gamma}, sigmas, samples, start)


def renoise(start, arrived, sigma, following, eta, noise):
    up = min(following * eta, following * 0.9999)
    residual = math.sqrt(following**2 - up**2)
    ratio = 1 - following + residual
    down = residual / ratio
    slope = (start - arrived) / (sigma - following)
    return ratio * (start - sigma * slope + down * slope) + up * (noise - noise.mean()) / noise.std()


def res_2s_of_parts(sigmas, eta, midpoint_eta, iterations, parts):
    """Picture and sound go along one schedule, each with noise of its own: the model here takes each number by itself, so that they are runs of their own."""
    runs = [res_2s(sigmas, eta, midpoint_eta, iterations, length) for length in parts]
    joined = lambda lists: [sum(values, []) for values in zip(*lists)]
    return {
        **runs[0],
        "parts": list(parts),
        "sample": sum((run["sample"] for run in runs), []),
        "noise": joined([run["noise"] for run in runs]),
        "samples": joined([run["samples"] for run in runs]),
    }


def res_2s(sigmas, eta, midpoint_eta, iterations, size=SIZE):
    start = x = torch.randn(size, dtype=torch.float64).float().double()
    samples, draws = [], []
    phi1 = lambda z: math.expm1(z) / z
    phi2 = lambda z: (math.expm1(z) - z) / z**2
    for sigma, following in zip(sigmas[:-1], sigmas[1:]):
        last = following == 0
        following = 0.0011 if last else following
        noise = [torch.randn(size).double(), torch.randn(size).double()]
        draws += noise
        h = math.log(sigma / following)
        a21 = 0.5 * phi1(-0.5 * h)
        b2 = phi2(-h) / 0.5
        b1 = phi1(-h) - b2
        middle = math.sqrt(sigma * following)
        anchor = x
        clean = x - sigma * velocity(x, sigma)
        epsilon = clean - anchor
        midpoint = anchor + h * a21 * epsilon
        if midpoint_eta > 0:
            midpoint = renoise(anchor, midpoint, sigma, middle, midpoint_eta, noise[0])
        if iterations > 0 and h < 0.5 and sigma > 0.03:
            for _ in range(iterations):
                anchor = midpoint - h * a21 * epsilon
                epsilon = clean - anchor
        clean2 = midpoint - middle * velocity(midpoint, middle)
        x_next = anchor + h * (b1 * epsilon + b2 * (clean2 - anchor))
        if eta > 0:
            x_next = renoise(anchor, x_next, sigma, following, eta, noise[1])
        x = x_next - following * velocity(x_next, following) if last else x_next
        samples.append(x)
    solver = {"kind": "res-2s", "eta": eta, "midpointEta": midpoint_eta, "anchorIterations": iterations}
    return case(solver, sigmas, samples, start, draws)


falling = [1.0, 0.96, 0.9, 0.8, 0.55, 0.25, 0.0]
cases = [
    heun(6, 1.0),
    heun(4, 3.0),
    dpm(7, 1.0),
    dpm(5, 3.0),
    gradient_estimating(falling, 2.0),
    gradient_estimating(falling, 1.4),
    res_2s(falling, 0.0, 0.0, 0),
    res_2s(falling, 0.0, 0.0, 100),
    res_2s(falling, 0.5, 0.5, 100),
    res_2s(falling, 0.3, 0.0, 3),
    res_2s_of_parts(falling, 0.5, 0.5, 100, (16, 8)),
]
source = (
    f"diffusers {diffusers.__version__}, torch {torch.__version__} for heun and dpmpp-2m; float64 from the papers for the others; "
    "tools/reference-cases/make_solver_cases.py"
)
lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
Path("src/diffusion/fixtures/solver-variants.json").write_text('{"source":' + json.dumps(source) + ',"cases":[\n' + lines + "\n]}\n")
