"""Writes fixtures/onnx-captioner: a small ViT encoder and GPT-2 decoder (`VisionEncoderDecoderModel` of transformers) that have learnt to name
the colour of a square (but not its place), in the files that transformers and its exporters lay out, and what the library itself generates.

    pip install torch==2.6.0 transformers==5.24.0 onnx==1.23.2 pillow numpy
    python tools/onnx-fixture/make_captioner.py
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, PreTrainedTokenizerFast, ViTConfig, ViTImageProcessor, VisionEncoderDecoderConfig, VisionEncoderDecoderModel

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "fixtures" / "onnx-captioner"
COLORS = {"red": (220, 40, 30), "green": (40, 190, 60), "blue": (40, 60, 220), "white": (240, 240, 240)}
PLACES = {"on the left": (0.05, 0.3), "in the middle": (0.3, 0.3), "on the right": (0.55, 0.3)}

torch.manual_seed(3)
rng = np.random.default_rng(3)


def picture(color, place, width, height):
    """A square before a dark ground with a little noise."""
    pixels = rng.integers(20, 50, (height, width, 3)).astype(np.uint8)
    left, top = (int(PLACES[place][0] * width), int(PLACES[place][1] * height))
    pixels[top : top + int(0.4 * height), left : left + int(0.4 * width)] = COLORS[color]
    return Image.fromarray(pixels)


def caption(color, place):
    return f"a {color} square {place} of a dark picture"


def main():
    captions = [caption(color, place) for color in COLORS for place in PLACES]
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=["<|endoftext|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    bpe.train_from_iterator(captions, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token="<|endoftext|>", eos_token="<|endoftext|>", pad_token="<|endoftext|>")
    end = tokenizer.eos_token_id
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    encoder = ViTConfig(image_size=32, patch_size=8, **small)
    decoder = GPT2Config(
        vocab_size=len(tokenizer), n_positions=32, n_embd=32, n_layer=2, n_head=2, bos_token_id=end, eos_token_id=end,
        is_decoder=True, add_cross_attention=True, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0,
    )
    config = VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = end, end, end
    model = VisionEncoderDecoderModel(config=config)
    processor = ViTImageProcessor(size={"height": 32, "width": 32}, resample=3)

    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    for step in range(300):
        chosen = [(color, place) for color in COLORS for place in PLACES]
        images = [picture(color, place, 48, 40) for color, place in chosen]
        pixels = processor(images, return_tensors="pt").pixel_values
        texts = [tokenizer.encode(caption(color, place)) + [end] for color, place in chosen]
        length = max(map(len, texts))
        labels = torch.tensor([text + [-100] * (length - len(text)) for text in texts])
        loss = model(pixel_values=pixels, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("loss", loss.item())

    model.eval()
    TARGET.mkdir(exist_ok=True)
    examples = []
    for k, (color, place, size) in enumerate(
        [("red", "on the left", (64, 48)), ("blue", "on the right", (48, 48)), ("white", "in the middle", (100, 60)), ("green", "on the right", (31, 37))]
    ):
        image = picture(color, place, *size)
        image.save(TARGET / f"{k}.png")
        pixels = processor(image, return_tensors="pt").pixel_values
        with torch.no_grad():
            ids = model.generate(pixels, num_beams=1, do_sample=False, max_length=24)[0].tolist()
        text = tokenizer.decode(ids, skip_special_tokens=True)
        examples.append({"file": f"{k}.png", "ids": ids, "text": text, "pixels": [round(v, 5) for v in pixels.flatten()[::97].tolist()]})
        print(text)

    class Encoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = model.encoder

        def forward(self, pixel_values):
            return self.encoder(pixel_values).last_hidden_state

    class Decoder(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.decoder = model.decoder

        def forward(self, input_ids, encoder_hidden_states):
            # With a mask of ones the exporter meets no search for packed sequences.
            mask = torch.ones_like(input_ids)
            return self.decoder(input_ids=input_ids, attention_mask=mask, encoder_hidden_states=encoder_hidden_states, use_cache=False).logits

    with torch.no_grad():
        states = model.encoder(pixels).last_hidden_state
        torch.onnx.export(Encoder(), (pixels,), TARGET / "encoder_model.onnx", input_names=["pixel_values"], output_names=["last_hidden_state"],
                          dynamic_axes={"pixel_values": {0: "batch"}, "last_hidden_state": {0: "batch"}}, dynamo=False, opset_version=17)
        axes = {0: "batch", 1: "length"}
        torch.onnx.export(Decoder(), (torch.tensor([[end, 5, 6]]), states), TARGET / "decoder_model.onnx", input_names=["input_ids", "encoder_hidden_states"],
                          output_names=["logits"], dynamic_axes={"input_ids": axes, "encoder_hidden_states": axes, "logits": axes}, dynamo=False, opset_version=17)
    for name in ["encoder_model", "decoder_model"]:
        assert (TARGET / f"{name}.onnx").stat().st_size < 400_000
    bpe.save(str(TARGET / "tokenizer.json"))
    processor.save_pretrained(TARGET)
    config.save_pretrained(TARGET)
    generation = {"decoder_start_token_id": end, "eos_token_id": end, "pad_token_id": end, "max_length": 24}
    (TARGET / "generation_config.json").write_text(json.dumps(generation, indent=1) + "\n")
    (TARGET / "expected.json").write_text(json.dumps(examples) + "\n")


if __name__ == "__main__":
    main()
