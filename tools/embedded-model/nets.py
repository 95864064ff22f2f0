"""The three networks of the embedded model, as the stock diffusers / transformers classes build them."""
import torch
from torch import nn
from diffusers import AutoencoderKLLTXVideo, LTXVideoTransformer3DModel
from transformers import T5Config, T5EncoderModel

torch.set_flush_denormal(True)                    # trained activations reach denormals: ten times slower without this

FRAMES, SIZE, FPS = 17, 64, 8
LATENT_CHANNELS = 48
SPATIAL, TEMPORAL = 16, 4
GRID = (5, 4, 4)                                  # latent frames, rows, columns
ROPE_SCALE = (TEMPORAL / FPS, SPATIAL, SPATIAL)   # what LTXPipeline passes for 8 frames a second
TEXT_LENGTH = 24

VAE = dict(
    in_channels=3, out_channels=3, latent_channels=LATENT_CHANNELS,
    block_out_channels=(64, 128, 128), down_block_types=("LTXVideo095DownBlock3D", "LTXVideo095DownBlock3D"),
    spatio_temporal_scaling=(True, True), downsample_type=("spatiotemporal", "spatiotemporal"),
    layers_per_block=(0, 1, 1),
    decoder_block_out_channels=(64, 128), decoder_layers_per_block=(1, 2, 1),
    decoder_spatio_temporal_scaling=(True, True), decoder_inject_noise=(False, False, False),
    upsample_residual=(True, True), upsample_factor=(1, 2),
    timestep_conditioning=False, patch_size=4, patch_size_t=1, resnet_norm_eps=1e-6,
    encoder_causal=True, decoder_causal=False,
    spatial_compression_ratio=SPATIAL, temporal_compression_ratio=TEMPORAL,
)


def build_vae():
    vae = AutoencoderKLLTXVideo(**VAE)
    for name, module in vae.named_modules():      # residual branches begin at zero
        if name.endswith(".conv2"):
            nn.init.zeros_(module.conv.weight)
            nn.init.zeros_(module.conv.bias)
    return vae.to(memory_format=torch.channels_last_3d)


def build_transformer(width=192, layers=6, heads=6, text_width=128):
    net = LTXVideoTransformer3DModel(
        in_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS, patch_size=1, patch_size_t=1,
        num_attention_heads=heads, attention_head_dim=width // heads, cross_attention_dim=width, num_layers=layers,
        activation_fn="gelu-approximate", qk_norm="rms_norm_across_heads", norm_elementwise_affine=False,
        norm_eps=1e-6, caption_channels=text_width, attention_bias=True, attention_out_bias=True)
    for module in net.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    embedder = net.time_embed.emb.timestep_embedder
    for module in (embedder.linear_1, embedder.linear_2, net.time_embed.linear):
        nn.init.normal_(module.weight, std=0.02)
    nn.init.zeros_(net.proj_out.weight)
    nn.init.zeros_(net.scale_shift_table)
    with torch.no_grad():
        for block in net.transformer_blocks:      # rows: shift, scale, gate of attention; shift, scale, gate of the mlp
            block.scale_shift_table.zero_()
            block.scale_shift_table[[2, 5]] = 1.0
    return net


def build_text(words, width=128, layers=2, heads=4, inner=256):
    return T5EncoderModel(T5Config(
        vocab_size=words, d_model=width, d_kv=width // heads, d_ff=inner, num_layers=layers, num_heads=heads,
        relative_attention_num_buckets=16, relative_attention_max_distance=32, dropout_rate=0.0,
        feed_forward_proj="gated-gelu", is_encoder_decoder=False, use_cache=False, pad_token_id=0, eos_token_id=1))


def to_tokens(z):
    """[B, C, F, H, W] -> [B, F*H*W, C], the packing of LTXPipeline for patch size 1."""
    return z.flatten(2).transpose(1, 2)


def to_grid(tokens):
    return tokens.transpose(1, 2).unflatten(2, GRID)


def pixels_in(frames_u8):
    """uint8 [B, F, H, W, 3] -> float [B, 3, F, H, W] in -1..1"""
    x = torch.as_tensor(frames_u8).permute(0, 4, 1, 2, 3).float().div_(127.5).sub_(1)
    return x.contiguous(memory_format=torch.channels_last_3d)


def pixels_out(x):
    return x.float().clamp(-1, 1).add(1).mul(127.5).round().byte().permute(0, 2, 3, 4, 1).contiguous().numpy()
