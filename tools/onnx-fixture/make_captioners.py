"""Writes fixtures/onnx-captioner-blip and fixtures/onnx-captioner-florence2: small models of transformers that have learnt to name the colour of a
square, in the files that they are usually shared in as ONNX, and what the library itself generates greedily.

    pip install torch==2.6.0 transformers==5.24.0 onnx==1.23.2 pillow numpy
    python tools/onnx-fixture/make_captioners.py [blip|florence2]

- BLIP (`BlipForConditionalGeneration`): `vision_model.onnx` and `text_decoder_model.onnx`, whose outputs have no names but the exporter's numbers.
- Florence-2 (`Florence2ForConditionalGeneration`): `vision_encoder.onnx`, `embed_tokens.onnx`, `encoder_model.onnx` and `decoder_model_merged.onnx`, with
  inputs and outputs as in the repositories for Transformers.js.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from PIL import Image
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BartConfig, BlipConfig, BlipForConditionalGeneration, BlipImageProcessorPil, Florence2Config, Florence2ForConditionalGeneration
from transformers import EncoderDecoderCache, DynamicCache

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
COLORS = {"red": (220, 40, 30), "green": (40, 190, 60), "blue": (40, 60, 220), "white": (240, 240, 240)}
SIZES = [(64, 48), (48, 48), (100, 60), (31, 37)]
OPSET = 17


def picture(rng, color, width, height):
    """A square before a dark ground with a little noise."""
    pixels = rng.integers(20, 50, (height, width, 3)).astype(np.uint8)
    left, top = int(0.3 * width), int(0.3 * height)
    pixels[top : top + int(0.4 * height), left : left + int(0.4 * width)] = COLORS[color]
    return Image.fromarray(pixels)


def learn(model, lossOf, steps):
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    model.train()
    for _ in range(steps):
        loss = lossOf()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("loss", loss.item())
    model.eval()


def padded(rows, value):
    length = max(map(len, rows))
    return torch.tensor([row + [value] * (length - len(row)) for row in rows])


def export(module, inputs, path, names, outputs=None, axes=None):
    torch.onnx.export(module, inputs, path, input_names=names, output_names=outputs, dynamic_axes=axes, dynamo=False, opset_version=OPSET)
    print(path.name, path.stat().st_size)


class Of(torch.nn.Module):
    """A function as a module, which the exporter takes."""

    def __init__(self, owner, function):
        super().__init__()
        self.owner, self.function = owner, function

    def forward(self, *inputs):
        return self.function(*inputs)


def write_examples(folder, processor, rng, generate, decode):
    examples = []
    for k, (color, size) in enumerate(zip(COLORS, SIZES)):
        image = picture(rng, color, *size)
        image.save(folder / f"{k}.png")
        pixels = processor(image, return_tensors="pt").pixel_values
        with torch.no_grad():
            ids = generate(pixels)[0].tolist()
        examples.append({"file": f"{k}.png", "ids": ids, "text": decode(ids), "pixels": [round(v, 5) for v in pixels.flatten()[::97].tolist()]})
        print(ids, examples[-1]["text"])
    (folder / "expected.json").write_text(json.dumps(examples) + "\n")


def blip():
    folder = FIXTURES / "onnx-captioner-blip"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    captions = {color: f"a {color} square before a dark ground" for color in COLORS}
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[DEC]"]
    tokenizer.train_from_iterator(captions.values(), trainers.WordPieceTrainer(vocab_size=48, special_tokens=specials))
    pad, sep, dec = (tokenizer.token_to_id(token) for token in ["[PAD]", "[SEP]", "[DEC]"])
    small = {"hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2}
    config = BlipConfig(
        text_config={
            **small, "vocab_size": tokenizer.get_vocab_size(), "num_hidden_layers": 2, "max_position_embeddings": 32, "encoder_hidden_size": 32, "projection_dim": 32,
            "bos_token_id": dec, "eos_token_id": 2, "pad_token_id": pad, "sep_token_id": sep, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
        },
        vision_config={**small, "num_hidden_layers": 2, "image_size": 32, "patch_size": 8, "projection_dim": 32},
        projection_dim=32,
    )
    model = BlipForConditionalGeneration(config)
    processor = BlipImageProcessorPil(size={"height": 32, "width": 32})
    texts = [[dec] + tokenizer.encode(text).ids + [sep] for text in captions.values()]

    def loss():
        pixels = processor([picture(rng, color, 48, 40) for color in captions], return_tensors="pt").pixel_values
        ids = padded(texts, pad)
        return model(pixel_values=pixels, input_ids=ids, attention_mask=(ids != pad).long(), labels=ids.masked_fill(ids == pad, -100)).loss

    learn(model, loss, 150)
    decode = lambda ids: tokenizer.decode(ids, skip_special_tokens=True).strip()
    write_examples(folder, processor, rng, lambda pixels: model.generate(pixels, num_beams=1, do_sample=False, max_length=20), decode)
    pixels = torch.zeros(1, 3, 32, 32)
    with torch.no_grad():
        states = model.vision_model(pixels)[0]
        # Both as whole modules, and without names of outputs: what is shared was exported so.
        export(model.vision_model, (pixels,), folder / "vision_model.onnx", ["pixel_values"])
        ids = torch.tensor([[dec]])
        given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "encoder_hidden_states": states, "encoder_attention_mask": torch.ones(states.shape[:-1], dtype=torch.long)}
        decoder = Of(model.text_decoder, lambda *inputs: model.text_decoder(**dict(zip(given, inputs)), use_cache=False).logits)
        lengths = {"input_ids": {1: "seq_len"}, "attention_mask": {1: "seq_len"}}
        export(decoder, tuple(given.values()), folder / "text_decoder_model.onnx", list(given), axes=lengths)
    tokenizer.save(str(folder / "tokenizer.json"))
    processor.save_pretrained(folder)
    config.save_pretrained(folder)


def florence2():
    folder = FIXTURES / "onnx-captioner-florence2"
    folder.mkdir(exist_ok=True)
    torch.manual_seed(6)
    rng = np.random.default_rng(6)
    # Words come again and again, which no_repeat_ngram_size lets happen so often only.
    captions = {color: f"a {color} square, a {color} square, a {color} square on a dark ground" for color in COLORS}
    prompts = {"<CAPTION>": "What does the image describe?", "<MORE_DETAILED_CAPTION>": "Describe with a paragraph what is shown in the image."}
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    tokenizer.train_from_iterator(
        [*captions.values(), *prompts.values()], trainers.BpeTrainer(vocab_size=320, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    )
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    image_token, width, layers, heads = tokenizer.get_vocab_size(), 32, 1, 2
    config = Florence2Config(
        vision_config={"depths": [1, 1], "patch_size": [7, 3], "patch_stride": [4, 2], "patch_padding": [3, 1], "patch_prenorm": [False, True], "embed_dim": [8, 16],
                       "num_heads": [2, 2], "num_groups": [2, 2], "window_size": 4, "drop_path_rate": 0.0, "projection_dim": width, "max_temporal_embeddings": 4, "max_position_embeddings": 8, "initializer_range": 0.1},
        text_config={"model_type": "bart", "vocab_size": image_token + 1, "d_model": width, "encoder_layers": layers, "decoder_layers": layers, "encoder_attention_heads": heads,
                     "decoder_attention_heads": heads, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 64, "dropout": 0.0, "bos_token_id": 0, "pad_token_id": 1,
                     "eos_token_id": 2, "decoder_start_token_id": 2, "init_std": 0.1},
        image_token_id=image_token,
    )
    model = Florence2ForConditionalGeneration(config)
    # As in the files of the released models, but for three beams.
    generation = {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 2, "forced_bos_token_id": 0, "forced_eos_token_id": 2, "no_repeat_ngram_size": 3, "max_length": 24}
    processor = BlipImageProcessorPil(size={"height": 32, "width": 32}, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])
    pixels = torch.zeros(1, 3, 32, 32)
    image_tokens = model.model.get_image_features(pixels).pooler_output.shape[1]
    prompt = tokenizer.encode(prompts["<MORE_DETAILED_CAPTION>"]).ids
    ids = torch.tensor([[image_token] * image_tokens + prompt])
    texts = [tokenizer.encode(text).ids for text in captions.values()]

    def loss():
        images = processor([picture(rng, color, 48, 40) for color in captions], return_tensors="pt").pixel_values
        several = ids.repeat(len(captions), 1)
        return model(pixel_values=images, input_ids=several, attention_mask=torch.ones_like(several), labels=padded(texts, -100)).loss

    learn(model, loss, 300)
    decode = lambda ids: tokenizer.decode(ids, skip_special_tokens=True).strip()
    generate = lambda images: model.generate(input_ids=ids, pixel_values=images, attention_mask=torch.ones_like(ids), num_beams=1, do_sample=False, **generation)
    write_examples(folder, processor, rng, generate, decode)

    embed = model.get_input_embeddings()
    decoder = model.model.language_model.decoder
    batch = {0: "batch_size"}
    length = {0: "batch_size", 1: "encoder_sequence_length"}
    cached = [f"{layer}.{part}.{kind}" for layer in range(layers) for part in ("decoder", "encoder") for kind in ("key", "value")]
    past_axes = {name: {0: "batch_size", 2: f"{'past_decoder' if 'decoder' in name else 'encoder'}_sequence_length"} for name in cached}

    def tensors_of(cache):
        halves = (cache.self_attention_cache, cache.cross_attention_cache)
        return [tensor for layer in range(layers) for half in halves for tensor in (half.layers[layer].keys, half.layers[layer].values)]

    def decoded(embeds, states, mask, past):
        cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
        if past:
            halves = [DynamicCache(), DynamicCache()]
            for layer in range(layers):
                for half, place in zip(halves, (0, 2)):
                    half.update(past[4 * layer + place], past[4 * layer + place + 1], layer)
            cache = EncoderDecoderCache(*halves)
        out = decoder(inputs_embeds=embeds, encoder_hidden_states=states, encoder_attention_mask=mask, cache=cache, use_cache=True)
        return (model.lm_head(out.last_hidden_state), *tensors_of(out.cache))

    with torch.no_grad():
        features = model.model.get_image_features(pixels).pooler_output
        vision = Of(model, lambda images: model.model.get_image_features(images).pooler_output)
        export(vision, (pixels,), folder / "vision_encoder.onnx", ["pixel_values"], ["image_features"], {"pixel_values": batch, "image_features": batch})
        export(Of(embed, embed), (torch.tensor([prompt]),), folder / "embed_tokens.onnx", ["input_ids"], ["inputs_embeds"], {"input_ids": length, "inputs_embeds": length})
        embeds = torch.cat([features, embed(torch.tensor([prompt]))], 1)
        mask = torch.ones(embeds.shape[:2], dtype=torch.long)
        encoder = Of(model, lambda mask, embeds: model.model.language_model.encoder(attention_mask=mask, inputs_embeds=embeds).last_hidden_state)
        export(encoder, (mask, embeds), folder / "encoder_model.onnx", ["attention_mask", "inputs_embeds"], ["last_hidden_state"],
               {"attention_mask": length, "inputs_embeds": length, "last_hidden_state": length})
        states = encoder(mask, embeds)
        begun = embed(torch.tensor([[2, 0, 9]]))
        names = ["encoder_attention_mask", "encoder_hidden_states", "inputs_embeds"]
        written = {0: "batch_size", 1: "decoder_sequence_length"}
        axes = {"encoder_attention_mask": length, "encoder_hidden_states": length, "inputs_embeds": written, "logits": written}
        presents = [f"present.{name}" for name in cached]
        first, later = folder / "decoder_model.onnx", folder / "decoder_with_past_model.onnx"
        export(Of(model, lambda mask, states, embeds: decoded(embeds, states, mask, ())), (mask, states, begun), first, names, ["logits", *presents],
               axes | {f"present.{name}": axis for name, axis in past_axes.items()})
        past = decoded(begun, states, mask, ())[1:]
        pasts = [f"past_key_values.{name}" for name in cached]
        export(Of(model, lambda mask, states, embeds, *past: decoded(embeds, states, mask, past)), (mask, states, begun[:, :1], *past), later, names + pasts, ["logits", *presents],
               axes | {f"past_key_values.{name}": axis for name, axis in past_axes.items()} | {f"present.{name}": axis for name, axis in past_axes.items()})
    merge(first, later, folder / "decoder_model_merged.onnx")
    later.unlink()
    tokenizer.save(str(folder / "tokenizer.json"))
    processor.save_pretrained(folder)
    path = folder / "preprocessor_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"task_prompts_without_inputs": prompts}, indent=1) + "\n")
    config.save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps(generation | {"num_beams": 3}, indent=1) + "\n")


def merge(first, later, path):
    """Joins a decoder that begins and one that goes on from a cache: `use_cache_branch` says which runs. Weights that are the same are there once."""
    begins, goes_on = onnx.load(first).graph, onnx.load(later).graph
    shared = {}
    for branch in (begins, goes_on):
        renamed = {}
        for weight in branch.initializer:
            key = (tuple(weight.dims), weight.data_type, weight.raw_data)
            renamed[weight.name] = shared.setdefault(key, (f"shared_{len(shared)}", weight))[0]
        for node in branch.node:
            for k, name in enumerate(node.input):
                if name in renamed:
                    node.input[k] = renamed[name]
    weights = []
    for name, weight in shared.values():
        kept = onnx.TensorProto()
        kept.CopyFrom(weight)
        kept.name = name
        weights.append(kept)
    def as_branch(graph, name):
        # A branch reads the inputs of the graph around it; outputs of its own names are the node's.
        for node in graph.node:
            node.name = f"{name}{node.name}"
        return helper.make_graph(graph.node, name, [], list(graph.output))
    condition = helper.make_tensor_value_info("use_cache_branch", TensorProto.BOOL, [1])
    outputs = [value.name for value in begins.output]
    choice = helper.make_node("If", ["use_cache_branch"], outputs, then_branch=as_branch(goes_on, "with_past"), else_branch=as_branch(begins, "no_past"))
    graph = helper.make_graph([choice], "merged", [*goes_on.input, condition], list(begins.output), weights)
    for branch in choice.attribute:
        rename_outputs(branch.g)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    print(path.name, path.stat().st_size)


def rename_outputs(branch):
    """Names inside a branch are not those of what the node around it gives."""
    outputs = {value.name: f"{branch.name}.{value.name}" for value in branch.output}
    for node in branch.node:
        for k, name in enumerate(node.input):
            node.input[k] = outputs.get(name, name)
        for k, name in enumerate(node.output):
            node.output[k] = outputs.get(name, name)
    for value in branch.output:
        value.name = outputs[value.name]


if __name__ == "__main__":
    which = sys.argv[1:] or ["blip", "florence2"]
    for name in which:
        globals()[name]()
