"""Makes the cases of Wan 2.1 in fixtures/models: the image encoder, image to video as a whole pipeline, a VAE whose halves differ in size.

    python make_wan_cases.py FOLDER GOLDEN

GOLDEN is fixtures/golden, whose wan_vae is used. Needs torch, diffusers 0.42, transformers 5, ftfy and safetensors. Random weights; the
format is that of fixtures/golden.
"""
import json
import pathlib
import sys

import numpy
import torch
from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanImageToVideoPipeline, WanTransformer3DModel
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModel

from random_weights import randomized

OUT, GOLDEN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
CLIP = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=3, num_attention_heads=2, image_size=28, patch_size=14, hidden_act="gelu")
TRANSFORMER = dict(patch_size=[1, 2, 2], num_attention_heads=2, attention_head_dim=20, in_channels=12, out_channels=4, text_dim=24,
                   freq_dim=32, ffn_dim=48, num_layers=2, cross_attn_norm=True, rope_max_seq_len=64, image_dim=16, added_kv_proj_dim=40)
SCHEDULER = dict(prediction_type="flow_prediction", use_flow_sigmas=True, num_train_timesteps=1000, flow_shift=3.0)


def save(name, case, config, weights, tensors):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.clone().contiguous().float() for k, v in tensors.items()}, folder / "io.safetensors")
    for component, state in weights.items():
        file = "weights.safetensors" if component == "model" else f"weights_{component}.safetensors"
        save_file({k: v.clone().contiguous() for k, v in state.items()}, folder / file)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "case.json").write_text(json.dumps(dict(name=name) | case, indent=1))


torch.manual_seed(1)
clip = randomized(CLIPVisionModel(CLIPVisionConfig(**CLIP))).eval()
processor = CLIPImageProcessor(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})
pixels = torch.randn(2, 3, 28, 28)
with torch.no_grad():
    hidden = clip(pixels, output_hidden_states=True).hidden_states[-2]
save("clip_vision", dict(recipe="clip_vision", classes={"model": "transformers.CLIPVisionModel"}, params={},
                         tolerance=dict(f32=1e-5, f16=5e-3)),
     CLIP, {"model": clip.state_dict()}, {"in.pixel_values": pixels, "out.hidden_states": hidden})

vae = AutoencoderKLWan(**json.loads((GOLDEN / "wan_vae" / "config.json").read_text())).eval()
vae.load_state_dict(load_file(GOLDEN / "wan_vae" / "weights.safetensors"))
transformer = randomized(WanTransformer3DModel(**TRANSFORMER)).eval()
pipeline = WanImageToVideoPipeline(tokenizer=None, text_encoder=None, vae=vae, scheduler=UniPCMultistepScheduler(**SCHEDULER),
                                   image_processor=processor, image_encoder=clip, transformer=transformer)
pipeline.set_progress_bar_config(disable=True)
width, height, frames, steps = 48, 32, 9, 4
columns, rows = numpy.meshgrid(numpy.arange(width), numpy.arange(height))
picture = numpy.stack([columns * 5 % 256, rows * 7 % 256, (columns * rows) % 256], -1).astype(numpy.uint8)
image = Image.fromarray(picture)
prompt, negative = torch.zeros(1, 512, 24), torch.zeros(1, 512, 24)
prompt[:, :9], negative[:, :4] = torch.randn(1, 9, 24), torch.randn(1, 4, 24)
latents = torch.randn(1, 4, (frames - 1) // 4 + 1, height // 8, width // 8)
seen = []


def keep(pipe, step, timestep, values):
    seen.append(values["latents"].clone())
    return {}


with torch.no_grad():
    embedded = pipeline.encode_image(image, "cpu")
    prepared = pipeline.video_processor.preprocess(image, height=height, width=width)
    condition = pipeline.prepare_latents(prepared, 1, 4, height, width, frames, torch.float32, "cpu", None, latents)[1]
    made = pipeline(image=image, prompt_embeds=prompt, negative_prompt_embeds=negative, height=height, width=width, num_frames=frames,
                    num_inference_steps=steps, guidance_scale=5.0, latents=latents, output_type="pt", callback_on_step_end=keep,
                    callback_on_step_end_tensor_inputs=["latents"]).frames
call = dict(height=height, width=width, num_frames=frames, num_inference_steps=steps, guidance_scale=5.0)
save("wan_pipeline_i2v", dict(
    recipe="wan_pipeline", weights_from=dict(vae="wan_vae", image_encoder="models/clip_vision"), params=dict(call=call), tolerance=dict(f32=2e-5, f16=7e-3),
    classes={"scheduler": "diffusers.UniPCMultistepScheduler", "vae": "diffusers.AutoencoderKLWan",
             "transformer": "diffusers.WanTransformer3DModel", "image_encoder": "transformers.CLIPVisionModel"}),
     dict(scheduler=SCHEDULER, vae=json.loads((GOLDEN / "wan_vae" / "config.json").read_text()), transformer=TRANSFORMER, image_encoder=CLIP),
     {"transformer": transformer.state_dict()},
     {"in.image": torch.from_numpy(picture).permute(2, 0, 1)[None] / 255, "in.prompt_embeds": prompt,
      "in.negative_prompt_embeds": negative, "in.latents": latents, "out.image_embeds": embedded, "out.condition": condition,
      "out.frames": made, "out.latents_per_step": torch.stack(seen), "out.timesteps": pipeline.scheduler.timesteps})

# The halves of a case are independent: what is encoded here has another size than what is decoded.
video, smaller = torch.rand(1, 3, 5, 16, 16) * 2 - 1, torch.randn(1, 4, 1, 2, 3)
with torch.no_grad():
    posterior, decoded = vae.encode(video).latent_dist, vae.decode(smaller).sample
save("wan_vae_halves", dict(recipe="vae_roundtrip", weights_from=dict(model="wan_vae"), params={}, tolerance=dict(f32=2.6e-5, f16=1.2e-2),
                            classes={"model": "diffusers.AutoencoderKLWan"}),
     json.loads((GOLDEN / "wan_vae" / "config.json").read_text()), {},
     {"in.video": video, "in.latent": smaller, "out.moments": posterior.parameters, "out.latent_mode": posterior.mode(),
      "out.decoded": decoded})
