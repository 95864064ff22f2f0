"""The other way of export.py: from an exported folder the files that `--begin` of both trainings takes.

    python import_export.py ../../public/models/embedded WORK        writes WORK/vae_start.pt, net_start.pt

Weights come back in the f16 they were stored in, without the optimisers' states.
"""
import sys
import torch
from safetensors.torch import load_file
from nets import build_text, build_transformer, build_vae
from world import Tokenizer


def wide(path):
    return {k: v.float() for k, v in load_file(path).items()}


def main():
    folder, work = sys.argv[1], sys.argv[2]
    vae, dit, text = build_vae(), build_transformer(), build_text(len(Tokenizer().words))
    vae.load_state_dict(wide(f"{folder}/vae/diffusion_pytorch_model.safetensors"))
    dit.load_state_dict(wide(f"{folder}/transformer/diffusion_pytorch_model.safetensors"))
    missing, unknown = text.load_state_dict(wide(f"{folder}/text_encoder/model.safetensors"), strict=False)
    if unknown or set(missing) != {"encoder.embed_tokens.weight"}:       # the tied second name of the embedding
        raise SystemExit(f"the text encoder's file misses {missing} and has {unknown}, which the network does not know")
    torch.save(dict(model=vae.state_dict()), f"{work}/vae_start.pt")
    named = [("dit." + n, p) for n, p in dit.named_parameters()] + [("text." + n, p) for n, p in text.named_parameters()]
    torch.save(dict(model={n: p.detach() for n, p in named}), f"{work}/net_start.pt")


if __name__ == "__main__":
    main()
