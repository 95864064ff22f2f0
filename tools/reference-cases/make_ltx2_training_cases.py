"""Makes fixtures/models/train_ltx2, train_ltx2_lora and train_ltx2_sound: three training steps of a tiny LTX2VideoTransformer3DModel on picture and sound.

    python make_ltx2_training_cases.py FOLDER

Needs torch, diffusers 0.42, peft and safetensors. Random weights; the format is that of fixtures/golden, the recipe that of its train_full and
train_lora in both streams: noisy = (1 - sigma) latents + sigma noise, target = noise - latents, timestep = 1000 sigma, loss = mean squared error of the
picture + that of the sound, AdamW.

- train_ltx2: all weights of a 2.0 model; both streams have one noise level, and the first latent frame of the second sample is given: its tokens are clean, at
  level 0, and do not count.
- train_ltx2_lora: an adapter beside a 2.3 model (modulated text, gates, exchange modulated by the other stream); each stream has a level of its own.
- train_ltx2_sound: an adapter beside a 2.0 model; of both samples some of the sound is given (the first latent, the second and third).
"""
import torch
from diffusers import LTX2VideoTransformer3DModel

from random_weights import randomized, with_random_lora
from training_case import STEPS, save, train

TINY = dict(in_channels=4, out_channels=4, num_attention_heads=2, attention_head_dim=8, cross_attention_dim=16, audio_in_channels=6, audio_out_channels=6,
            audio_num_attention_heads=2, audio_attention_head_dim=4, audio_cross_attention_dim=8, num_layers=1, caption_channels=10, rope_type="split")
NEWER = TINY | dict(num_layers=2, gated_attn=True, audio_gated_attn=True, cross_attn_mod=True, audio_cross_attn_mod=True, use_prompt_embeddings=False, perturbed_attn=True)
LORA = dict(rank=2, alpha=4.0, targets=["to_q", "to_v", "to_out.0"])
GRID = dict(num_frames=2, height=1, width=3, fps=12.0, audio_num_frames=4)
TOKENS = GRID["num_frames"] * GRID["height"] * GRID["width"]


def make_inputs(config, shared_level, given=False, given_sound=False):
    widths = (config["caption_channels"],) * 2 if config.get("use_prompt_embeddings", True) else (config["cross_attention_dim"], config["audio_cross_attention_dim"])
    latents, sound = torch.randn(2, TOKENS, 4), torch.randn(2, GRID["audio_num_frames"], 6)
    mask = torch.ones(2, 5)
    mask[1, 3:] = 0
    levels = [torch.rand(STEPS, 2) * 0.8 + 0.1 for _ in range(2)]
    counts = torch.ones(2, TOKENS, 1)
    if given:
        counts[1, : TOKENS // GRID["num_frames"]] = 0
    sound_counts = {}
    if given_sound:
        sound_counts = dict(audio_loss_weight=torch.tensor([[0.0, 1, 1, 1], [1, 0, 0, 1]]).unsqueeze(-1))
    return dict(**sound_counts, latents=latents, audio_latents=sound, encoder_hidden_states=torch.randn(2, 5, widths[0]),
                audio_encoder_hidden_states=torch.randn(2, 5, widths[1]), encoder_attention_mask=mask, noise_samples=torch.randn(STEPS, *latents.shape),
                audio_noise_samples=torch.randn(STEPS, *sound.shape), sigmas=levels[0], audio_sigmas=levels[0 if shared_level else 1], loss_weight=counts)


def steps(model, trained, given, cross_timestep):
    """Outputs of a case: `trained` are the parameters by their names in it."""
    counts = given["loss_weight"]
    sound_counts = given.get("audio_loss_weight", torch.ones(*given["audio_latents"].shape[:2], 1))
    # One level for each sample where none of its sound is given, as the pipelines call the model.
    per_token = "audio_loss_weight" in given

    def forward(step):
        level, sound_level = given["sigmas"][step].view(-1, 1, 1) * counts, given["audio_sigmas"][step].view(-1, 1, 1) * sound_counts
        noise, sound_noise = given["noise_samples"][step], given["audio_noise_samples"][step]
        noisy = (1 - level) * given["latents"] + level * noise
        noisy_sound = (1 - sound_level) * given["audio_latents"] + sound_level * sound_noise
        prediction, sound = model(
            noisy, noisy_sound, given["encoder_hidden_states"], given["audio_encoder_hidden_states"], timestep=1000 * level.squeeze(-1),
            audio_timestep=1000 * (sound_level.squeeze(-1) if per_token else given["audio_sigmas"][step]), sigma=1000 * given["sigmas"][step], audio_sigma=1000 * given["audio_sigmas"][step],
            encoder_attention_mask=given["encoder_attention_mask"], audio_encoder_attention_mask=given["encoder_attention_mask"],
            use_cross_timestep=cross_timestep, return_dict=False, **GRID)
        errors = (prediction - (noise - given["latents"])) ** 2 * counts
        sound_errors = (sound - (sound_noise - given["audio_latents"])) ** 2 * sound_counts
        loss = errors.sum() / (counts.sum() * errors.shape[-1]) + sound_errors.sum() / (sound_counts.sum() * sound_errors.shape[-1])
        return loss, dict(pred=prediction, audio_pred=sound)

    return train(trained, forward)


model = {"model": "diffusers.LTX2VideoTransformer3DModel"}

torch.manual_seed(5)
whole = randomized(LTX2VideoTransformer3DModel(**TINY))
weights = {name: value.detach().clone() for name, value in whole.state_dict().items()}
inputs = make_inputs(TINY, shared_level=True, given=True)
outputs = steps(whole, dict(whole.named_parameters()), inputs, cross_timestep=False)
save("train_ltx2", "train_full", dict(kwargs=GRID, use_cross_timestep=False), TINY, inputs, outputs, {"weights.safetensors": weights}, classes=model)

torch.manual_seed(6)
adapted = randomized(LTX2VideoTransformer3DModel(**NEWER))
weights = {name: value.detach().clone() for name, value in adapted.state_dict().items()}
trained = with_random_lora(adapted, **LORA)
began = {name: value.detach().clone() for name, value in trained.items()}
inputs = make_inputs(NEWER, shared_level=False)
outputs = steps(adapted, trained, inputs, cross_timestep=True)
save("train_ltx2_lora", "train_lora", dict(kwargs=GRID, use_cross_timestep=True, **LORA), {"model": NEWER, "lora": {}}, inputs, outputs,
     {"weights.safetensors": weights, "weights_lora.safetensors": began}, classes=model | {"lora": "none"})

torch.manual_seed(7)
sounding = randomized(LTX2VideoTransformer3DModel(**TINY))
weights = {name: value.detach().clone() for name, value in sounding.state_dict().items()}
trained = with_random_lora(sounding, **LORA)
began = {name: value.detach().clone() for name, value in trained.items()}
inputs = make_inputs(TINY, shared_level=True, given_sound=True)
outputs = steps(sounding, trained, inputs, cross_timestep=False)
save("train_ltx2_sound", "train_lora", dict(kwargs=GRID, use_cross_timestep=False, **LORA), {"model": TINY, "lora": {}}, inputs, outputs,
     {"weights.safetensors": weights, "weights_lora.safetensors": began}, classes=model | {"lora": "none"})
