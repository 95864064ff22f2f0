"""Makes the LTX-2 pipeline cases of fixtures/models: conditions that are tokens of their own, and two stages.

    python make_ltx2_pipeline_cases.py FOLDER

Needs torch, diffusers 0.42 and safetensors. The models are those of fixtures/golden; the format is theirs.
"""
import importlib
import json
import pathlib
import sys

import torch
from diffusers import (AutoencoderKLLTX2Audio, AutoencoderKLLTX2Video, FlowMatchEulerDiscreteScheduler, LTX2ConditionPipeline,
                       LTX2InContextPipeline, LTX2LatentUpsamplePipeline, LTX2VideoTransformer3DModel)
from diffusers.pipelines.ltx2.connectors import LTX2TextConnectors
from diffusers.pipelines.ltx2.latent_upsampler import LTX2LatentUpsamplerModel
from diffusers.pipelines.ltx2.pipeline_ltx2_condition import LTX2VideoCondition
from diffusers.pipelines.ltx2.pipeline_ltx2_ic_lora import LTX2ReferenceCondition
from diffusers.pipelines.ltx2.vocoder import LTX2Vocoder
from safetensors.torch import load_file, save_file

OUT = pathlib.Path(sys.argv[1])
GOLDEN = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "golden"
PARTS = dict(vae=("ltx2_vae", AutoencoderKLLTX2Video), audio_vae=("ltx2_audio_vae", AutoencoderKLLTX2Audio),
             vocoder=("ltx2_vocoder", LTX2Vocoder), connectors=("ltx2_connectors_20", LTX2TextConnectors),
             transformer=("ltx2_transformer_20", LTX2VideoTransformer3DModel))
SCHEDULER = dict(use_dynamic_shifting=True, base_shift=0.95, max_shift=2.05, base_image_seq_len=1024, max_image_seq_len=4096,
                 shift_terminal=0.1)
UPSAMPLER = dict(in_channels=8, mid_channels=32, num_blocks_per_stage=1, dims=3, spatial_upsample=True, rational_spatial_scale=2.0,
                 use_rational_resampler=True)
STAGE_2 = [0.909375, 0.725, 0.421875]
MODULES = ["pipeline_ltx2_condition", "pipeline_ltx2_ic_lora"]


def model(part):
    name, cls = PARTS[part]
    folder = GOLDEN / name
    config = json.loads((folder / "config.json").read_text())
    if part == "transformer":
        config["perturbed_attn"] = True  # else spatio-temporal guidance does nothing
    loaded = cls(**config).eval()
    loaded.load_state_dict(load_file(folder / "weights.safetensors"))
    return config, loaded


def randomized(model):
    """Every parameter random and of a size that keeps activations near 1."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn_like(parameter) * 0.7 / parameter[0].numel() ** 0.5)
            elif parameter.ndim == 1:
                parameter.copy_(torch.randn_like(parameter) * 0.1 + ("norm" in name and name.endswith("weight")))
    return model.eval()


CONFIGS, MODELS = {}, {}
for part in PARTS:
    CONFIGS[part], MODELS[part] = model(part)


def pipeline(cls, **scheduler):
    return cls(scheduler=FlowMatchEulerDiscreteScheduler(**(SCHEDULER | scheduler)), text_encoder=None, tokenizer=None, **MODELS)


class Draws:
    """Keeps every random draw of the pipelines."""

    def __init__(self):
        self.drawn = []
        for name in MODULES:
            module = importlib.import_module(f"diffusers.pipelines.ltx2.{name}")
            original = getattr(module.randn_tensor, "original", module.randn_tensor)

            def kept(*args, _original=original, **kwargs):
                value = _original(*args, **kwargs)
                self.drawn.append(value.clone())
                return value

            kept.original = original
            module.randn_tensor = kept


def text():
    torch.manual_seed(11)
    mask = torch.tensor([[0, 0, 1, 1, 1, 1, 1, 1]])
    return dict(prompt_embeds=torch.randn(1, 8, 96), negative_prompt_embeds=torch.randn(1, 8, 96), prompt_attention_mask=mask,
                negative_prompt_attention_mask=mask)


def pixels(*shape):
    """Pixels 0 to 255 as the pipelines take them."""
    return torch.rand(*shape) * 255


def save(name, params, inputs, outputs, draws, more_weights=None, notes=()):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    inputs = inputs | {f"noise.{k}": value for k, value in enumerate(draws.drawn)}
    tensors = {f"in.{k}": v for k, v in inputs.items()} | {f"out.{k}": v for k, v in outputs.items()}
    save_file({k: v.clone().contiguous() for k, v in tensors.items()}, folder / "io.safetensors")
    classes = dict(scheduler="diffusers.FlowMatchEulerDiscreteScheduler",
                   **{part: f"{cls.__module__}.{cls.__name__}" for part, (_, cls) in PARTS.items()})
    config = dict(scheduler=SCHEDULER, **CONFIGS)
    for part, (part_config, part_model) in (more_weights or {}).items():
        classes[part] = f"{type(part_model).__module__}.{type(part_model).__name__}"
        config[part] = part_config
        save_file({k: v.clone().contiguous() for k, v in part_model.state_dict().items()}, folder / f"weights_{part}.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    case = dict(name=name, recipe="ltx2_pipeline", classes=classes, params=params, notes=list(notes),
                weights_from={part: golden for part, (golden, _) in PARTS.items()}, tolerance=dict(f32=4e-5, f16=5e-2))
    (folder / "case.json").write_text(json.dumps(case, indent=1))


GUIDED = dict(guidance_scale=4.0, guidance_rescale=0.5, stg_scale=1.0, modality_scale=2.0, audio_guidance_scale=7.0,
              audio_guidance_rescale=0.7, audio_stg_scale=0.5, audio_modality_scale=3.0, spatio_temporal_guidance_blocks=[1],
              use_cross_timestep=False)
UNGUIDED = dict(guidance_scale=1.0, guidance_rescale=0.0, stg_scale=0.0, modality_scale=1.0, audio_guidance_scale=1.0,
                audio_guidance_rescale=0.0, audio_stg_scale=0.0, audio_modality_scale=1.0)
SIZE = dict(height=64, width=64, num_frames=17, frame_rate=24.0, num_inference_steps=3)


def units(latents, audio):
    """The model's units, of latents that a pipeline returned."""
    vae, sound = MODELS["vae"], MODELS["audio_vae"]
    latents = (latents - vae.latents_mean.view(1, -1, 1, 1, 1)) / vae.latents_std.view(1, -1, 1, 1, 1)
    packed = audio.transpose(1, 2).flatten(2)
    return latents, (packed - sound.latents_mean) / sound.latents_std


def keyframes():
    given = text()
    first, later = pixels(1, 3, 64, 64), pixels(9, 3, 64, 64)
    draws = Draws()
    conditions = [LTX2VideoCondition(frames=first, index=0, strength=1.0, crf=0), LTX2VideoCondition(frames=later, index=1, strength=0.6),
                  LTX2VideoCondition(frames=first, index=2, strength=1.0, crf=0)]
    latents, audio = pipeline(LTX2ConditionPipeline)(conditions=conditions, output_type="latent", return_dict=False, **given, **SIZE,
                                                      **GUIDED)
    latents, audio = units(latents, audio)
    placed = [dict(file="first", frame=0, strength=1), dict(file="later", frame=1, strength=0.6), dict(file="first", frame=9, strength=1)]
    save("ltx2_pipeline_keyframes", dict(pipeline="LTX2ConditionPipeline", call=SIZE | GUIDED, conditions=placed),
         given | dict(first=first / 255, later=later / 255), dict(latents=latents, audio_latents=audio), draws,
         notes=["noise.0: of all video tokens, packed, those of the conditions last; noise.1: of the audio tokens, packed"])


def reference():
    given = text()
    video = torch.rand(17, 3, 32, 32)
    draws = Draws()
    latents, audio = pipeline(LTX2InContextPipeline)(
        reference_conditions=[LTX2ReferenceCondition(frames=video, strength=1.0)], reference_downscale_factor=2, output_type="latent",
        return_dict=False, **given, **SIZE, **GUIDED)
    latents, audio = units(latents, audio)
    save("ltx2_pipeline_reference",
         dict(pipeline="LTX2InContextPipeline", call=SIZE | GUIDED, reference=dict(downscaleFactor=2, strength=1)),
         given | dict(video=video), dict(latents=latents, audio_latents=audio), draws)


def two_stage():
    given = text()
    upsampler = randomized(LTX2LatentUpsamplerModel(**UPSAMPLER))
    image = pixels(1, 3, 64, 64).repeat_interleave(2, 2).repeat_interleave(2, 3)
    condition = lambda: [LTX2VideoCondition(frames=image, index=0, strength=0.8, crf=0)]
    draws = Draws()
    size = SIZE | dict(num_frames=9)
    latents, audio = pipeline(LTX2ConditionPipeline)(conditions=condition(), output_type="latent", return_dict=False, **given, **size,
                                                      **GUIDED)
    first, _ = units(latents, audio)
    larger = LTX2LatentUpsamplePipeline(vae=MODELS["vae"], latent_upsampler=upsampler)(latents=latents, height=64, width=64, num_frames=9,
                                                                                        output_type="latent", return_dict=False)[0]
    refine = dict(height=128, width=128, num_frames=9, frame_rate=24.0, num_inference_steps=3)
    refined, sound = pipeline(LTX2ConditionPipeline, use_dynamic_shifting=False, shift_terminal=None)(
        conditions=condition(), latents=larger, audio_latents=audio, sigmas=STAGE_2, noise_scale=STAGE_2[0], output_type="latent",
        return_dict=False, use_cross_timestep=False, **given, **refine, **UNGUIDED)
    refined, sound = units(refined, sound)
    save("ltx2_pipeline_two_stage", dict(pipeline="two-stage", call=size | GUIDED, stage2=STAGE_2, strength=0.8),
         given | dict(image=image / 255), dict(first_latents=first, latents=refined, audio_latents=sound), draws,
         more_weights=dict(upsampler=(UPSAMPLER, upsampler)),
         notes=["noise.0, noise.1: video and audio tokens of the first stage; noise.2, noise.3: of the second"])


with torch.no_grad():
    keyframes()
    reference()
    two_stage()
