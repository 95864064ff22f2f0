"""Load an exported folder with the stock diffusers / transformers loaders, run LTXPipeline on it, and score.

    python check_export.py OUT [--n 4] [--clips FOLDER]      FOLDER receives NNN/FF.png for score_clips.py
"""
import argparse, json, os, time
import numpy as np
import torch
from diffusers import AutoencoderKLLTXVideo, FlowMatchEulerDiscreteScheduler, LTXPipeline, LTXVideoTransformer3DModel
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode
from transformers import T5EncoderModel
from score import score
from world import Tokenizer


class PipelineTokenizer:
    """The little of the transformers tokenizer interface that LTXPipeline uses."""

    def __init__(self, path):
        self.inner = Tokenizer(json.load(open(path)))
        self.model_max_length = self.inner.length

    def __call__(self, texts, **_):
        ids, mask = (torch.from_numpy(t) for t in self.inner(texts))
        return type("Encoded", (), dict(input_ids=ids, attention_mask=mask))


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("out")
    ap.add_argument("--n", type=int, default=4)
    ap.add_argument("--clips")
    ap.add_argument("--plain", action="store_true")
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    f32 = dict(torch_dtype=torch.float32)
    text = T5EncoderModel.from_pretrained(f"{a.out}/text_encoder").float()
    dit = LTXVideoTransformer3DModel.from_pretrained(f"{a.out}/transformer", **f32)
    vae = AutoencoderKLLTXVideo.from_pretrained(f"{a.out}/vae", **f32)
    scheduler = FlowMatchEulerDiscreteScheduler.from_pretrained(f"{a.out}/scheduler")
    pipe = LTXPipeline(scheduler, vae, text, PipelineTokenizer(f"{a.out}/tokenizer/vocab.json"), dit)
    pipe.set_progress_bar_config(disable=True)
    d = json.load(open(f"{a.out}/model_index.json"))["_aiprod"]
    rows = json.load(open(f"{a.out}/heldout-prompts{'-plain' if a.plain else ''}.json"))[:a.n]
    clips, began = [], time.time()
    for i in range(0, len(rows), 16):
        part = [r["prompt"] for r in rows[i:i + 16]]
        counter = FlopCounterMode(display=False)
        with counter:
            video = pipe(prompt=part, negative_prompt=[""] * len(part), width=d["width"], height=d["height"],
                         num_frames=d["numFrames"], frame_rate=d["frameRate"], num_inference_steps=d["steps"],
                         guidance_scale=d["guidanceScale"], max_sequence_length=d["maxSequenceLength"],
                         generator=torch.Generator().manual_seed(i), output_type="np").frames
        clips += list(np.round(np.asarray(video) * 255).astype(np.uint8))
    total, detail = score(clips, rows)
    print(json.dumps({**total, "gflop_per_clip": round(counter.get_total_flops() / len(part) / 1e9, 2),
                      "seconds_per_clip": round((time.time() - began) / len(rows), 2), "settings": d}), json.dumps(detail))
    if a.clips:
        for i, clip in enumerate(clips):
            os.makedirs(f"{a.clips}/{i:03d}", exist_ok=True)
            for f, frame in enumerate(clip):
                Image.fromarray(frame).save(f"{a.clips}/{i:03d}/{f:02d}.png")


if __name__ == "__main__":
    main()
