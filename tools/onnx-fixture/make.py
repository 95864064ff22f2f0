"""Writes fixtures/onnx-encoder: a small transformer encoder as an ONNX file with random weights, a tokenizer.json, and what onnxruntime
makes of a few prompts' ids.

    pip install numpy==2.4.6 onnx==1.23.2 onnxruntime==1.32.0
    python tools/onnx-fixture/make.py
"""

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
TOKENIZER = ROOT / "fixtures" / "golden" / "tokenizer_unigram_tiny"
TARGET = ROOT / "fixtures" / "onnx-encoder"
WIDTH, HEADS, LAYERS, POSITIONS, LENGTH = 32, 2, 2, 64, 16
PROMPTS = [0, 1, 2]

rng = np.random.default_rng(7)
nodes, weights = [], []


def weight(name, shape, scale):
    values = rng.standard_normal(shape).astype(np.float32) * np.float32(scale)
    weights.append(numpy_helper.from_array(values, name))
    return name


def constant(name, values):
    weights.append(numpy_helper.from_array(np.asarray(values), name))
    return name


def node(kind, inputs, output, **attributes):
    nodes.append(helper.make_node(kind, inputs, [output], **attributes))
    return output


def norm(x, name):
    return node("LayerNormalization", [x, weight(f"{name}.scale", [WIDTH], 1), weight(f"{name}.bias", [WIDTH], 0.1)], name, axis=-1)


def linear(x, name, inner, outer):
    product = node("MatMul", [x, weight(f"{name}.weight", [inner, outer], inner**-0.5)], f"{name}.product")
    return node("Add", [product, weight(f"{name}.bias", [outer], 0.1)], name)


def heads(x, name, order):
    split = node("Reshape", [x, "split_heads"], f"{name}.split")
    return node("Transpose", [split], f"{name}.heads", perm=order)


def layer(x, index):
    at = f"layers.{index}"
    q = heads(linear(x, f"{at}.q", WIDTH, WIDTH), f"{at}.q", [0, 2, 1, 3])
    k = heads(linear(x, f"{at}.k", WIDTH, WIDTH), f"{at}.k", [0, 2, 3, 1])
    v = heads(linear(x, f"{at}.v", WIDTH, WIDTH), f"{at}.v", [0, 2, 1, 3])
    scores = node("Mul", [node("MatMul", [q, k], f"{at}.qk"), "scale"], f"{at}.scores")
    shares = node("Softmax", [node("Add", [scores, "mask_bias"], f"{at}.masked")], f"{at}.shares", axis=-1)
    mixed = node("Transpose", [node("MatMul", [shares, v], f"{at}.mixed")], f"{at}.mixed_back", perm=[0, 2, 1, 3])
    joined = node("Reshape", [mixed, "join_heads"], f"{at}.joined")
    x = norm(node("Add", [x, linear(joined, f"{at}.out", WIDTH, WIDTH)], f"{at}.attended"), f"{at}.norm1")
    wide = node("Gelu", [linear(x, f"{at}.up", WIDTH, 4 * WIDTH)], f"{at}.gelu")
    return norm(node("Add", [x, linear(wide, f"{at}.down", 4 * WIDTH, WIDTH)], f"{at}.fed"), f"{at}.norm2")


def build(vocabulary):
    constant("split_heads", np.array([0, 0, HEADS, WIDTH // HEADS], np.int64))
    constant("join_heads", np.array([0, 0, WIDTH], np.int64))
    constant("scale", np.float32((WIDTH // HEADS) ** -0.5))
    constant("one", np.float32(1))
    constant("lowest", np.float32(-1e9))
    constant("mask_axes", np.array([1, 2], np.int64))
    constant("axis_0", np.array([0], np.int64))
    constant("axis_1", np.array([1], np.int64))
    constant("start", np.array([0], np.int64))
    tokens = node("Gather", [weight("tokens", [vocabulary, WIDTH], 1), "input_ids"], "embedded")
    length = node("Slice", [node("Shape", ["input_ids"], "shape"), "axis_1", constant("two", np.array([2], np.int64))], "length")
    positions = node("Slice", [weight("positions", [POSITIONS, WIDTH], 0.5), "start", length, "axis_0"], "positions_used")
    mask = node("Cast", ["attention_mask"], "mask_float", to=TensorProto.FLOAT)
    missing = node("Mul", [node("Sub", ["one", mask], "missing"), "lowest"], "missing_score")
    node("Unsqueeze", [missing, "mask_axes"], "mask_bias")
    x = norm(node("Add", [tokens, positions], "placed"), "embedding_norm")
    for index in range(LAYERS):
        x = layer(x, index)
    node("Identity", [x], "last_hidden_state")
    ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in ("input_ids", "attention_mask")]
    states = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "length", WIDTH])
    graph = helper.make_graph(nodes, "encoder", ids, [states], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9, producer_name="aiprod")
    onnx.checker.check_model(model, full_check=True)
    return model


def reference_ids():
    data = (TOKENIZER / "io.safetensors").read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    for k in PROMPTS:
        start, end = header[f"out.ids.{k}"]["data_offsets"]
        yield np.frombuffer(data[8 + size + start : 8 + size + end], np.int32).tolist()


def main():
    TARGET.mkdir(exist_ok=True)
    tokenizer = json.loads((TOKENIZER / "tokenizer.json").read_text())
    vocabulary = len(tokenizer["model"]["vocab"])
    shutil.copyfile(TOKENIZER / "tokenizer.json", TARGET / "tokenizer.json")
    onnx.save(build(vocabulary), TARGET / "model.onnx")
    prompts = json.loads((TOKENIZER / "case.json").read_text())["params"]["prompts"]
    pad = next(token["id"] for token in tokenizer["added_tokens"] if token["content"] == "<pad>")
    ids = np.full([len(PROMPTS), LENGTH], pad, np.int64)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(reference_ids()):
        kept = tokens if len(tokens) <= LENGTH else tokens[: LENGTH - 1] + tokens[-1:]
        ids[row, : len(kept)] = kept
        mask[row, : len(kept)] = 1
    session = onnxruntime.InferenceSession(TARGET / "model.onnx", providers=["CPUExecutionProvider"])
    (states,) = session.run(None, {"input_ids": ids, "attention_mask": mask})
    expected = {
        "prompts": [prompts[k] for k in PROMPTS],
        "length": LENGTH,
        "width": WIDTH,
        "mask": mask.flatten().tolist(),
        "states": [round(float(value), 7) for value in states.flatten()],
    }
    (TARGET / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main()
