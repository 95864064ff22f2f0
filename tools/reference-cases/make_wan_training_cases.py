"""Makes fixtures/models/train_wan, train_wan_lora and train_wan_i2v: three training steps of a tiny WanTransformer3DModel, of all weights, of a LoRA, and of all
weights of a model of image to video, which reads the image beside the latents and by its encoder's states.

    python make_wan_training_cases.py FOLDER

Needs torch, diffusers 0.42, peft and safetensors. Random weights; the format is that of fixtures/golden, the recipe that of its train_full and
train_lora: noisy = (1 - sigma) latents + sigma noise, target = noise - latents, timestep = 1000 sigma, loss = mean squared error, AdamW.
"""
import torch
from diffusers import WanTransformer3DModel

from random_weights import randomized, with_random_lora
from training_case import STEPS, save, train

CONFIG = dict(patch_size=[1, 2, 2], num_attention_heads=2, attention_head_dim=12, in_channels=4, out_channels=4, text_dim=10, freq_dim=16,
              ffn_dim=32, num_layers=2, cross_attn_norm=True, rope_max_seq_len=64)
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
    latents, text, noise, sigmas = (inputs[key] for key in ["latents", "encoder_hidden_states", "noise_samples", "sigmas"])
    condition, image = inputs.get("condition"), inputs.get("encoder_hidden_states_image")

    def forward(step):
        level = sigmas[step].view(-1, 1, 1, 1, 1)
        noisy = (1 - level) * latents + level * noise[step]
        shown = noisy if condition is None else torch.cat([noisy, condition], dim=1)
        prediction = model(shown, 1000 * sigmas[step], text, image, return_dict=False)[0]
        return ((prediction - (noise[step] - latents)) ** 2).mean(), dict(pred=prediction)

    return train(trained, forward)


model = {"model": "diffusers.WanTransformer3DModel"}
full = dict(base.named_parameters())
save("train_wan", "train_full", {}, CONFIG, inputs, steps(base, full), {"weights.safetensors": weights}, classes=model)

adapted = WanTransformer3DModel(**CONFIG)
adapted.load_state_dict(weights)
trained = with_random_lora(adapted, **LORA)
began = {name: value.detach().clone() for name, value in trained.items()}
save("train_wan_lora", "train_lora", LORA, {"model": CONFIG, "lora": {}}, inputs, steps(adapted, trained),
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
save("train_wan_i2v", "train_full", {}, IMAGE, shown, outputs, {"weights.safetensors": weights}, classes=model)
