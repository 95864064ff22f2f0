"""Makes fixtures/models/train_wan, train_wan_lora and train_wan_i2v: three training steps of a tiny WanTransformer3DModel, of all weights, of a LoRA, and of all
weights of a model of image to video, which reads the image beside the latents and by its encoder's states.

    python make_wan_training_cases.py FOLDER

Needs torch, diffusers 0.42, peft and safetensors. Random weights; the format is that of fixtures/golden, the recipe that of its train_full and
train_lora: noisy = (1 - sigma) latents + sigma noise, target = noise - latents, timestep = 1000 sigma, loss = mean squared error, AdamW.
"""
import json
import pathlib
import sys

import torch
from diffusers import WanTransformer3DModel
from safetensors.torch import save_file

from random_weights import randomized, with_random_lora

OUT = pathlib.Path(sys.argv[1])
CONFIG = dict(patch_size=[1, 2, 2], num_attention_heads=2, attention_head_dim=12, in_channels=4, out_channels=4, text_dim=10, freq_dim=16,
              ffn_dim=32, num_layers=2, cross_attn_norm=True, rope_max_seq_len=64)
STEPS, ADAM = 3, dict(lr=2e-3, betas=[0.9, 0.99], eps=1e-8, weight_decay=0.01)
LORA = dict(rank=2, alpha=4.0, targets=["to_q", "to_k", "to_v", "to_out.0"])

torch.manual_seed(3)
base = randomized(WanTransformer3DModel(**CONFIG))
weights = {name: value.detach().clone() for name, value in base.state_dict().items()}
latents, text = torch.randn(2, 4, 2, 4, 6), torch.randn(2, 7, 10)
# Padding of the text is zeros: there is no mask.
text[1, 4:] = 0
noise, sigmas = torch.randn(STEPS, *latents.shape), torch.rand(STEPS, 2) * 0.8 + 0.1
inputs = dict(latents=latents, encoder_hidden_states=text, noise_samples=noise, sigmas=sigmas)


def steps(model, trained, inputs=inputs):
    """Outputs of a case: `trained` are the parameters by their names in it."""
    optimizer = torch.optim.AdamW(list(trained.values()), **{key: tuple(value) if key == "betas" else value for key, value in ADAM.items()})
    losses, outputs = [], {}
    latents, text, noise, sigmas = (inputs[key] for key in ["latents", "encoder_hidden_states", "noise_samples", "sigmas"])
    condition, image = inputs.get("condition"), inputs.get("encoder_hidden_states_image")
    for step in range(STEPS):
        level = sigmas[step].view(-1, 1, 1, 1, 1)
        noisy = (1 - level) * latents + level * noise[step]
        shown = noisy if condition is None else torch.cat([noisy, condition], dim=1)
        prediction = model(shown, 1000 * sigmas[step], text, image, return_dict=False)[0]
        loss = ((prediction - (noise[step] - latents)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            outputs["pred_step0"] = prediction.detach()
            outputs |= {f"grad.{name}": parameter.grad.clone() for name, parameter in trained.items()}
        losses.append(loss.item())
        optimizer.step()
    outputs["losses"] = torch.tensor(losses)
    return outputs | {f"updated.{name}": parameter.detach() for name, parameter in trained.items()}


def save(name, recipe, params, config, outputs, states, inputs=inputs, **more):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"in.{key}": value for key, value in inputs.items()} | {f"out.{key}": value for key, value in outputs.items()}
    save_file({key: value.clone().contiguous().float() for key, value in tensors.items()}, folder / "io.safetensors")
    for file, state in states.items():
        save_file({key: value.clone().contiguous() for key, value in state.items()}, folder / file)
    (folder / "config.json").write_text(json.dumps(config))
    case = dict(name=name, recipe=recipe, params=dict(steps=STEPS, **ADAM, **params), tolerance=dict(f32=2e-3, f16=2e-2), **more)
    (folder / "case.json").write_text(json.dumps(case, indent=1))


model = {"model": "diffusers.WanTransformer3DModel"}
full = dict(base.named_parameters())
save("train_wan", "train_full", {}, CONFIG, steps(base, full), {"weights.safetensors": weights}, classes=model)

adapted = WanTransformer3DModel(**CONFIG)
adapted.load_state_dict(weights)
trained = with_random_lora(adapted, **LORA)
began = {name: value.detach().clone() for name, value in trained.items()}
save("train_wan_lora", "train_lora", LORA, {"model": CONFIG, "lora": {}}, steps(adapted, trained),
     {"weights.safetensors": weights, "weights_lora.safetensors": began}, classes=model | {"lora": "none"})

IMAGE = CONFIG | dict(in_channels=12, image_dim=6, added_kv_proj_dim=24, num_layers=1)
reading = randomized(WanTransformer3DModel(**IMAGE))
weights = {name: value.detach().clone() for name, value in reading.state_dict().items()}
# Four channels that say which frames are given, and the latents of the clip that begins with the image.
condition = torch.randn(1, 8, 1, 4, 6)
condition[:, :4] = 1
# The class takes the last 512 tokens for text, whatever its length, and what stands before them for the image.
shown = dict(latents=latents[:1, :, :1], encoder_hidden_states=torch.cat([text[:1], torch.zeros(1, 512 - text.shape[1], text.shape[2])], dim=1),
             noise_samples=noise[:, :1, :, :1], sigmas=sigmas[:, :1], condition=condition, encoder_hidden_states_image=torch.randn(1, 3, 6))
outputs = steps(reading, dict(reading.named_parameters()), shown)
save("train_wan_i2v", "train_full", {}, IMAGE, outputs, {"weights.safetensors": weights}, shown, classes=model)
