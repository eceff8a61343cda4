#!/usr/bin/env python3
"""Times the 1B shape with internvl, OpenVINO and PyTorch in turn, two threads each; medians and best runs.

    pip install "optimum-intel[openvino,nncf]" torch torchvision
    python3 benchmarks/runtimes.py --internvl .build/release/internvl --files DIR [--rounds 3]

DIR holds the checkpoints `1b-awq` and `1b` of benchmarks/write_checkpoint.py. The others get models of the same
shape with random weights. PyTorch runs transformers' own in float32 and bfloat16. OpenVINO runs conversions of them:
the tower and projector in float32 and in int8 (quantised by NNCF), the language model with 4-bit weights in groups
of 128. Every measurement is a process of its own with two runs, of which the second counts.
"""

import argparse
import collections
import json
import multiprocessing
import pathlib
import statistics
import subprocess
import tempfile
import time

import nncf
import numpy as np
import openvino
import torch
from optimum.intel import OVModelForCausalLM, OVWeightQuantizationConfig
from transformers import InternVLConfig, InternVLModel, Qwen2Config, Qwen2ForCausalLM

THREADS = 2
SETTINGS = {"INFERENCE_NUM_THREADS": THREADS, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1}
PROMPT, STEPS = 512, 32
UNITS = {"tile": "s", f"prefill {PROMPT}": "tokens/s", "decode at 0": "tokens/s"}
VISION = {"attention_bias": True, "hidden_size": 1024, "image_size": [448, 448], "intermediate_size": 4096,
          "num_attention_heads": 16, "num_hidden_layers": 24, "patch_size": [14, 14]}
LANGUAGE = {"hidden_size": 896, "intermediate_size": 4864, "num_attention_heads": 14,
            "num_hidden_layers": 24, "num_key_value_heads": 2, "rope_theta": 1e6,
            "tie_word_embeddings": False, "vocab_size": 151674}


class Tower(torch.nn.Module):
    """One tile [1, 3, 448, 448] to features [1, 256, 896]: transformers' InternVL without its language model."""

    def __init__(self):
        super().__init__()
        text = {"model_type": "qwen2"} | LANGUAGE | {"num_hidden_layers": 1, "vocab_size": 32}
        self.model = InternVLModel(InternVLConfig(vision_config=VISION, text_config=text))

    def forward(self, pixels):
        model = self.model
        states = model.vision_tower(pixel_values=pixels).last_hidden_state[:, 1:]
        grid = states.reshape(1, 32, 32, -1)
        return model.multi_modal_projector(model.pixel_shuffle(grid, 0.5).reshape(1, 256, -1))


class TorchDecoder:
    """transformers' Qwen2 with a cache."""

    def __init__(self, model):
        self.model, self.cache = model.eval(), None

    def reset(self):
        self.cache = None

    def step(self, count):
        tokens = torch.full((1, count), 7)
        out = self.model(input_ids=tokens, past_key_values=self.cache, logits_to_keep=1)
        self.cache = out.past_key_values


class OpenVINODecoder:
    """A converted language model, which keeps its cache itself."""

    def __init__(self, path):
        self.request, self.length = compiled(path), 0

    def reset(self):
        self.request.reset_state()
        self.length = 0

    def step(self, count):
        first, self.length = self.length, self.length + count
        self.request.infer({
            "input_ids": np.full((1, count), 7, np.int64),
            "attention_mask": np.ones((1, self.length), np.int64),
            "position_ids": np.arange(first, self.length, dtype=np.int64)[None],
            "beam_idx": np.zeros(1, np.int32),
        })


def compiled(path):
    return openvino.Core().compile_model(path, "CPU", SETTINGS).create_infer_request()


def tile():
    torch.manual_seed(0)
    return torch.randn(1, 3, 448, 448)


def convert(folder):
    """Writes OpenVINO's models, and the language model they are made of."""
    tower = Tower().eval()
    exact = openvino.convert_model(tower, example_input=tile(), input=[1, 3, 448, 448])
    openvino.save_model(exact, folder / "tower.xml", compress_to_fp16=False)
    data = nncf.Dataset([tile().numpy(), np.random.randn(1, 3, 448, 448).astype(np.float32)])
    quantised = nncf.quantize(exact, data, subset_size=2, model_type=nncf.ModelType.TRANSFORMER)
    openvino.save_model(quantised, folder / "tower8.xml")
    Qwen2ForCausalLM(Qwen2Config(**LANGUAGE)).save_pretrained(folder)
    weights = OVWeightQuantizationConfig(bits=4, sym=False, group_size=128)
    language = OVModelForCausalLM.from_pretrained(folder, export=True, compile=False, quantization_config=weights)
    language.save_pretrained(folder)


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def tower_rows(encode):
    return {"tile": [seconds(encode) for _ in range(2)][-1]}


def language_rows(decoder):
    for _ in range(2):
        decoder.reset()
        prompt = seconds(lambda: decoder.step(PROMPT))
        decoder.reset()
        decoder.step(1)
        decoding = seconds(lambda: [decoder.step(1) for _ in range(STEPS)])
    return {f"prefill {PROMPT}": PROMPT / prompt, "decode at 0": STEPS / decoding}


def openvino_tower(path):
    request, pixels = compiled(path), tile().numpy()
    return tower_rows(lambda: request.infer({0: pixels}))


def openvino_language(path):
    return language_rows(OpenVINODecoder(path))


def torch_tower():
    torch.set_num_threads(THREADS)
    tower, pixels = Tower().eval(), tile()
    with torch.inference_mode():
        return tower_rows(lambda: tower(pixels))


def torch_language(folder, kind):
    torch.set_num_threads(THREADS)
    with torch.inference_mode():
        return language_rows(TorchDecoder(Qwen2ForCausalLM.from_pretrained(folder, dtype=kind)))


def internvl(program, folder):
    command = [program, "bench", "--model-path", folder, "--json", "--threads", str(THREADS),
               "--prefill", str(PROMPT), "--depth", "0", "--batch", "1"]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {row["measure"]: row["value"] for row in json.loads(out)}


def apart(work, *arguments):
    """What `work` returns, called in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--internvl", type=pathlib.Path, required=True, metavar="BIN")
    parser.add_argument("--files", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    options = parser.parse_args()

    results = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        apart(convert, folder)
        measures = [
            ("internvl fast", internvl, options.internvl, options.files / "1b-awq"),
            ("OpenVINO 4 bits", openvino_language, folder / "openvino_model.xml"),
            ("OpenVINO int8", openvino_tower, folder / "tower8.xml"),
            ("internvl exact", internvl, options.internvl, options.files / "1b"),
            ("OpenVINO float32", openvino_tower, folder / "tower.xml"),
            ("PyTorch float32", torch_tower),
            ("PyTorch float32", torch_language, folder, torch.float32),
            ("PyTorch bfloat16", torch_language, folder, torch.bfloat16),
        ]
        for _ in range(options.rounds):
            for program, work, *arguments in measures:
                for measure, value in apart(work, *arguments).items():
                    results[measure, program].append(value)
    for (measure, program), values in sorted(results.items()):
        if measure in UNITS:
            best = (min if UNITS[measure] == "s" else max)(values)
            print(f"{measure:<14}{program:<18}{statistics.median(values):8.2f} {UNITS[measure]}, best {best:.2f}")


if __name__ == "__main__":
    main()
