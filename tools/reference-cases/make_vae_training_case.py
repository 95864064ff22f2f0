"""Makes fixtures/models/train_vae: the losses and gradients of one training step of a tiny AutoencoderKLLTXVideo.

    python make_vae_training_case.py FOLDER

Needs torch, diffusers 0.42 and safetensors. Random weights; the format is that of fixtures/golden. Loss over reconstruction y of video x,
with weights w that broadcast over colours: squared * sum(w (y-x)^2) / sum(w) + absolute * sum(w |y-x|) / sum(w) + edges * (mean |d/dcolumn (y-x)|
+ mean |d/drow (y-x)|) + divergence * mean over latent numbers of (m^2 + v - 1 - log v) / 2; the sums of w count every colour.
"""
import json
import pathlib
import sys

import torch
from diffusers import AutoencoderKLLTXVideo
from safetensors.torch import save_file

NAME = "train_vae"
CONFIG = dict(in_channels=3, out_channels=3, latent_channels=4, block_out_channels=(8, 8), down_block_types=("LTXVideo095DownBlock3D",),
              spatio_temporal_scaling=(True,), downsample_type=("spatiotemporal",), layers_per_block=(1, 1),
              decoder_block_out_channels=(8,), decoder_layers_per_block=(1, 1), decoder_spatio_temporal_scaling=(True,),
              decoder_inject_noise=(False, False), upsample_residual=(True,), upsample_factor=(1,), timestep_conditioning=False,
              patch_size=2, patch_size_t=1, encoder_causal=True, decoder_causal=False)
TERMS = dict(squared=2.0, absolute=0.3, edges=0.25, divergence=0.05)

torch.manual_seed(11)
vae = AutoencoderKLLTXVideo(**CONFIG)
with torch.no_grad():
    for parameter in vae.parameters():
        scale = 0.7 / parameter[0].numel() ** 0.5 if parameter.ndim > 1 else 0.1
        parameter.copy_(torch.randn_like(parameter) * scale)
video = torch.rand(2, 3, 3, 8, 8) * 2 - 1
noise = torch.randn(2, 4, 2, 2, 2)
weight = 1 + 3 * torch.rand(2, 1, 3, 8, 8)

posterior = vae.encode(video).latent_dist
latents = posterior.mean + posterior.std * noise
y = vae.decode(latents).sample
d, w = y - video, weight.expand_as(y)
losses = dict(
    squared=(d * d * w).sum() / w.sum(),
    absolute=(d.abs() * w).sum() / w.sum(),
    edges=d.diff(dim=-1).abs().mean() + d.diff(dim=-2).abs().mean(),
    divergence=0.5 * (posterior.mean ** 2 + posterior.var - 1 - posterior.logvar).mean(),
)
loss = sum(TERMS[name] * value for name, value in losses.items())
loss.backward()

folder = pathlib.Path(sys.argv[1]) / NAME
folder.mkdir(parents=True, exist_ok=True)
outputs = dict(loss=loss.detach().reshape(1), reconstruction=y.detach())
outputs |= {f"grad.{name}": parameter.grad for name, parameter in vae.named_parameters()}
tensors = {"in.video": video, "in.noise": noise, "in.weight": weight} | {f"out.{name}": value for name, value in outputs.items()}
save_file({name: value.clone().contiguous() for name, value in tensors.items()}, folder / "io.safetensors")
save_file({name: value.detach().clone().contiguous() for name, value in vae.named_parameters()}, folder / "weights.safetensors")
(folder / "config.json").write_text(json.dumps(CONFIG))
case = dict(name=NAME, recipe="train_vae", classes={"model": "diffusers.AutoencoderKLLTXVideo"}, params=TERMS,
            tolerance=dict(f32=2e-3, f16=2e-2))
(folder / "case.json").write_text(json.dumps(case, indent=1))
