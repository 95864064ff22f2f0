"""Write WORK's current weights as a diffusers folder (f16 safetensors), by writing aside and renaming.

    python export.py WORK OUT [--steps 16 --guidance 4 --shift 1]
"""
import argparse, json, os, shutil
import torch
from safetensors.torch import save_file
from nets import FPS, FRAMES, SIZE, TEXT_LENGTH
from sample import load
from score import heldout


def half(module, skip=()):
    return {k: v.detach().half().contiguous() for k, v in module.state_dict().items() if k not in skip}


def config(module, name):
    return {"_class_name": name, **{k: v for k, v in dict(module.config).items() if not k.startswith("_")}}


def write(path, data):
    with open(path, "w") as f:
        json.dump(data, f, indent=1)
        f.write("\n")


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("work")
    ap.add_argument("out")
    ap.add_argument("--steps", type=int, default=16)
    ap.add_argument("--guidance", type=float, default=4.0)
    ap.add_argument("--shift", type=float, default=1.0)
    ap.add_argument("--vae", default="vae.pt")
    ap.add_argument("--net", default="transformer.pt")
    a = ap.parse_args()
    tokenizer, text, dit, vae, step = load(a.work, a.vae, a.net)
    aside = a.out.rstrip("/") + ".new"
    shutil.rmtree(aside, ignore_errors=True)
    for d in ("transformer", "vae", "text_encoder", "tokenizer", "scheduler"):
        os.makedirs(f"{aside}/{d}")
    save_file(half(dit), f"{aside}/transformer/diffusion_pytorch_model.safetensors", {"format": "pt"})
    save_file(half(vae), f"{aside}/vae/diffusion_pytorch_model.safetensors", {"format": "pt"})
    save_file(half(text, skip=("encoder.embed_tokens.weight",)), f"{aside}/text_encoder/model.safetensors", {"format": "pt"})
    write(f"{aside}/transformer/config.json", config(dit, "LTXVideoTransformer3DModel"))
    write(f"{aside}/vae/config.json", config(vae, "AutoencoderKLLTXVideo"))
    t5 = text.config.to_dict()
    t5["architectures"] = ["T5EncoderModel"]
    t5.pop("transformers_version", None)
    write(f"{aside}/text_encoder/config.json", t5)
    write(f"{aside}/tokenizer/vocab.json", tokenizer.words)
    write(f"{aside}/tokenizer/tokenizer_config.json", {
        "tokenizer_class": "WordsTokenizer", "model_max_length": TEXT_LENGTH, "do_lower_case": True,
        "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"})
    write(f"{aside}/scheduler/scheduler_config.json", {
        "_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": a.shift,
        "use_dynamic_shifting": False, "shift_terminal": None, "invert_sigmas": False})
    write(f"{aside}/model_index.json", {
        "_class_name": "LTXPipeline",
        "scheduler": ["diffusers", "FlowMatchEulerDiscreteScheduler"], "text_encoder": ["transformers", "T5EncoderModel"],
        "tokenizer": [None, None],
        "transformer": ["diffusers", "LTXVideoTransformer3DModel"], "vae": ["diffusers", "AutoencoderKLLTXVideo"],
        "_aiprod": {"width": SIZE, "height": SIZE, "numFrames": FRAMES, "frameRate": FPS, "steps": a.steps,
                    "guidanceScale": a.guidance, "shift": a.shift, "maxSequenceLength": TEXT_LENGTH}})
    for name, balanced in (("heldout-prompts.json", True), ("heldout-prompts-plain.json", False)):
        specs, captions = heldout(balanced=balanced)
        write(f"{aside}/{name}", [dict(prompt=c, **s) for c, s in zip(captions, specs)])
    for root, _, files in os.walk(aside):
        for f in files:
            target = os.path.join(a.out, os.path.relpath(os.path.join(root, f), aside))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.replace(os.path.join(root, f), target)
    shutil.rmtree(aside)
    sizes = {d: os.path.getsize(f"{a.out}/{d}/{f}") for d, f in (("transformer", "diffusion_pytorch_model.safetensors"),
             ("vae", "diffusion_pytorch_model.safetensors"), ("text_encoder", "model.safetensors"))}
    print("transformer step", step, sizes, "total", sum(sizes.values()))


if __name__ == "__main__":
    main()
