"""Makes the model cases of fixtures/models: constructor arguments that fixtures/golden does not try.

    python make_cases.py FOLDER

Needs torch, diffusers 0.42, transformers 5 and safetensors. Random weights; the format is that of fixtures/golden.
"""
import json
import pathlib
import sys

import torch
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from diffusers.pipelines.ltx.modeling_latent_upsampler import LTXLatentUpsamplerModel
from safetensors.torch import save_file
from transformers import T5Config, T5EncoderModel

OUT = pathlib.Path(sys.argv[1])
TRANSFORMER, VAE = "diffusers.LTXVideoTransformer3DModel", "diffusers.AutoencoderKLLTXVideo"
UPSAMPLER = "diffusers.pipelines.ltx.modeling_latent_upsampler.LTXLatentUpsamplerModel"


def randomized(model):
    """Every parameter random and of a size that keeps activations near 1."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn_like(parameter) * 0.7 / parameter[0].numel() ** 0.5)
            elif parameter.ndim == 1:
                parameter.copy_(torch.randn_like(parameter) * 0.1 + ("norm" in name and name.endswith("weight")))
    torch.manual_seed(2)
    return model.eval()


def save(name, recipe, reference_class, config, model, inputs, outputs, params):
    folder = OUT / name
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"in.{k}": v for k, v in inputs.items()} | {f"out.{k}": v for k, v in outputs.items()}
    save_file({k: v.clone().contiguous() for k, v in tensors.items()}, folder / "io.safetensors")
    save_file({k: v.clone().contiguous() for k, v in model.state_dict().items()}, folder / "weights.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    case = dict(name=name, recipe=recipe, classes={"model": reference_class}, params=params, tolerance=dict(f32=1e-5, f16=5e-3))
    (folder / "case.json").write_text(json.dumps(case, indent=1))


def transformer(name, scale=(0.32, 32.0, 32.0), batch=2, **arguments):
    config = dict(in_channels=6, out_channels=10, num_attention_heads=3, attention_head_dim=12, cross_attention_dim=36,
                  num_layers=2, caption_channels=7) | arguments
    model = randomized(LTXVideoTransformer3DModel(**config))
    frames, height, width, words = 2, 3, 4, 5
    mask = torch.ones(batch, words)
    mask[0, 3:] = 0
    inputs = dict(hidden_states=torch.randn(batch, frames * height * width, config["in_channels"]),
                  encoder_hidden_states=torch.randn(batch, words, config["caption_channels"]),
                  timestep=torch.tensor([13.5, 977.25][:batch]), encoder_attention_mask=mask)
    grid = dict(num_frames=frames, height=height, width=width)
    with torch.no_grad():
        sample = model(**inputs, **grid, rope_interpolation_scale=scale, return_dict=False)[0]
    save(name, "ltx_transformer", TRANSFORMER, config, model, inputs, dict(sample=sample),
         grid if scale is None else grid | dict(rope_interpolation_scale=list(scale)))


def vae(name, latent, video=None, temb=None, framewise=None, tiling=None, **config):
    model = randomized(AutoencoderKLLTXVideo(**config))
    inputs, outputs, params, draws = dict(latent=torch.randn(*latent)), {}, {}, []
    if tiling:
        model.enable_tiling(**tiling)
        params["tiling"] = tiling
    if framewise:
        model.use_framewise_decoding = True
        model.tile_sample_min_num_frames, model.tile_sample_stride_num_frames = framewise
        params["framewise"] = framewise
    if temb:
        inputs["temb"] = torch.tensor(temb)
    draw = torch.randn

    def recorded(*size, **options):
        draws.append(draw(*size, **options))
        return draws[-1]

    with torch.no_grad():
        if video:
            inputs["video"] = torch.randn(*video)
            distribution = model.encode(inputs["video"]).latent_dist
            outputs |= dict(moments=distribution.parameters, latent_mode=distribution.mode())
        torch.randn = recorded
        outputs["decoded"] = model.decode(inputs["latent"], inputs.get("temb")).sample
        torch.randn = draw
    inputs |= {f"noise.{i}": noise for i, noise in enumerate(draws)}
    save(name, "vae_roundtrip", VAE, config, model, inputs, outputs, params)


def upsampler(name, **config):
    model = randomized(LTXLatentUpsamplerModel(**config))
    x = torch.randn(2, config["in_channels"], 3, 4, 5)
    with torch.no_grad():
        sample = model(x)
    save(name, "plain_forward", UPSAMPLER, config, model, dict(x=x), dict(sample=sample), dict(order=["x"]))


def t5(name, **arguments):
    config = T5Config(vocab_size=40, d_model=24, d_kv=6, d_ff=20, num_layers=3, num_heads=3, dropout_rate=0.0,
                      is_encoder_decoder=False, **arguments)
    model = randomized(T5EncoderModel(config))
    mask = torch.ones(2, 20, dtype=torch.long)
    mask[0, 11:] = 0
    mask[1] = 0  # a prompt of nothing but padding
    inputs = dict(input_ids=torch.randint(0, 40, (2, 20)), attention_mask=mask)
    with torch.no_grad():
        states = model(**inputs, output_hidden_states=True).hidden_states
    outputs = {f"hidden_states.{i}": state for i, state in enumerate(states)}
    save(name, "t5_encoder", "transformers.T5EncoderModel", config.to_dict(), model, inputs, outputs, {})


transformer("transformer_affine_swiglu_no_bias", norm_elementwise_affine=True, activation_fn="swiglu", attention_bias=False,
            attention_out_bias=False, norm_eps=1e-4)
transformer("transformer_patch2_geglu", patch_size=2, patch_size_t=2, activation_fn="geglu")
transformer("transformer_gelu_no_scale", scale=None, activation_fn="gelu")
transformer("transformer_one_head", batch=1, out_channels=None, num_attention_heads=1, attention_head_dim=22,
            cross_attention_dim=22, activation_fn="geglu-approximate")
vae("vae_causality_swapped", latent=(2, 5, 2, 2, 3), video=(1, 3, 5, 16, 24), latent_channels=5, block_out_channels=[6, 6, 10],
    down_block_types=["LTXVideoDownBlock3D"] * 3, decoder_block_out_channels=[7, 9, 12], layers_per_block=[1, 0, 2, 1],
    decoder_layers_per_block=[1, 2, 1, 0], spatio_temporal_scaling=[True, False, True],
    decoder_spatio_temporal_scaling=[True, False, True], decoder_inject_noise=[False] * 4, downsample_type=["conv"] * 3,
    upsample_residual=[False] * 3, upsample_factor=[1, 1, 1], patch_size=2, resnet_norm_eps=1e-3, encoder_causal=False,
    decoder_causal=True)
vae("vae_noise_and_timestep", latent=(2, 4, 2, 2, 3), temb=[0.05, 0.31], latent_channels=4, block_out_channels=[8, 16, 16],
    down_block_types=["LTXVideo095DownBlock3D"] * 2, decoder_block_out_channels=[8, 16], layers_per_block=[0, 1, 1],
    decoder_layers_per_block=[1, 2, 1], spatio_temporal_scaling=[True, True], decoder_spatio_temporal_scaling=[True, True],
    decoder_inject_noise=[False, True, True], downsample_type=["spatiotemporal", "temporal"], upsample_residual=[True, True],
    upsample_factor=[1, 2], timestep_conditioning=True, patch_size=2, spatial_compression_ratio=8, temporal_compression_ratio=4)
vae("vae_tiles_in_space_and_time", latent=(1, 4, 4, 2, 3), video=(1, 3, 13, 16, 24), framewise=[8, 4],
    tiling=dict(tile_sample_min_height=16, tile_sample_min_width=16, tile_sample_stride_height=8, tile_sample_stride_width=8),
    latent_channels=4, block_out_channels=[8, 16, 16], down_block_types=["LTXVideo095DownBlock3D"] * 2,
    decoder_block_out_channels=[8, 16], layers_per_block=[0, 1, 1], decoder_layers_per_block=[1, 1, 1],
    spatio_temporal_scaling=[True, True], decoder_spatio_temporal_scaling=[True, True], decoder_inject_noise=[False] * 3,
    downsample_type=["spatiotemporal"] * 2, upsample_residual=[True, True], upsample_factor=[1, 2], patch_size=2,
    spatial_compression_ratio=8, temporal_compression_ratio=4)
upsampler("upsampler_of_single_frames", in_channels=5, mid_channels=32, num_blocks_per_stage=1, dims=2)
upsampler("upsampler_space_and_time", in_channels=5, mid_channels=32, num_blocks_per_stage=0, dims=3, temporal_upsample=True)
t5("t5_relu", feed_forward_proj="relu")
t5("t5_gated_silu", feed_forward_proj="gated-silu", relative_attention_num_buckets=16, relative_attention_max_distance=32)
