"""Three steps of AdamW as a case of fixtures/models, in the format and of the recipe of fixtures/golden's train_full and train_lora."""
import json
import pathlib
import sys

import torch
from safetensors.torch import save_file

OUT = pathlib.Path(sys.argv[1])
STEPS, ADAM = 3, dict(lr=2e-3, betas=[0.9, 0.99], eps=1e-8, weight_decay=0.01)


def train(trained, forward):
    """Outputs of a case. `trained`: parameters by their names in it; `forward(step)` -> the loss and the predictions by their names."""
    optimizer = torch.optim.AdamW(list(trained.values()), **{key: tuple(value) if key == "betas" else value for key, value in ADAM.items()})
    losses, outputs = [], {}
    for step in range(STEPS):
        loss, predictions = forward(step)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            outputs |= {f"{name}_step0": prediction.detach() for name, prediction in predictions.items()}
            outputs |= {f"grad.{name}": parameter.grad.clone() for name, parameter in trained.items()}
        losses.append(loss.item())
        optimizer.step()
    outputs["losses"] = torch.tensor(losses)
    return outputs | {f"updated.{name}": parameter.detach() for name, parameter in trained.items()}


def save(name, recipe, params, config, inputs, outputs, states, **more):
    """Writes a case. `states`: weights by the names of their files."""
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"in.{key}": value for key, value in inputs.items()} | {f"out.{key}": value for key, value in outputs.items()}
    save_file({key: value.clone().contiguous().float() for key, value in tensors.items()}, folder / "io.safetensors")
    for file, state in states.items():
        save_file({key: value.clone().contiguous() for key, value in state.items()}, folder / file)
    (folder / "config.json").write_text(json.dumps(config))
    case = dict(name=name, recipe=recipe, params=dict(steps=STEPS, **ADAM, **params), tolerance=dict(f32=2e-3, f16=2e-2), **more)
    (folder / "case.json").write_text(json.dumps(case, indent=1))
