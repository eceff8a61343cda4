#!/usr/bin/env python3
"""Writes an InternVL3 or InternVL3.5 checkpoint of the true shapes with random weights.

Speed and memory do not depend on the values, so this stands in for the published files:

    python3 benchmarks/write_checkpoint.py --size 1 --format awq --tokenizer FOLDER --out FOLDER

`--format pytorch` writes bfloat16 safetensors shards of at most 5 GB, `--format awq` torch `.bin`
shards of at most 2 GB, as the repositories have them. `--tokenizer` is a folder whose tokenizer
files are copied (Qwen2's vocabulary for all sizes but 9, a SentencePiece model for 9). `--family 3.5`
has no AWQ. Needs numpy, and torch for `--format awq`. The run is seeded: the same arguments write the same bytes.
"""
import argparse
import json
import os
import shutil
import struct

import numpy as np

VIT_300M = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16,
                intermediate_size=4096, qkv_bias=True, qk_normalization=False,
                norm_type="layer_norm")
VIT_6B = dict(hidden_size=3200, num_hidden_layers=45, num_attention_heads=25,
              intermediate_size=12800, qkv_bias=False, qk_normalization=True,
              norm_type="rms_norm")
# hidden, layers, heads, key/value heads, intermediate
LANGUAGE = {1: (896, 24, 14, 2, 4864), 2: (1536, 28, 12, 2, 8960), 8: (3584, 28, 28, 4, 18944),
            9: (4096, 48, 32, 2, 10240), 14: (5120, 48, 40, 8, 13824),
            38: (5120, 64, 40, 8, 27648), 78: (8192, 80, 64, 8, 29568)}
# The same of InternVL3.5, whose heads are 128 wide.
LANGUAGE_3_5 = {1: (1024, 28, 16, 8, 3072), 2: (2048, 28, 16, 8, 6144), 4: (2560, 36, 32, 8, 9728),
                8: (4096, 36, 32, 8, 12288), 14: (5120, 40, 40, 8, 17408),
                38: (5120, 64, 64, 8, 25600)}
GROUP = 128


def config(family, size, awq):
    """config.json as the published files have it, as far as runtimes read it."""
    is_new = family == "3.5"
    hidden, layers, heads, kv_heads, inner = (LANGUAGE_3_5 if is_new else LANGUAGE)[size]
    is_internlm = size == 9
    language = {
        "architectures": ["InternLM2ForCausalLM" if is_internlm else "Qwen2ForCausalLM"],
        "hidden_size": hidden, "num_hidden_layers": layers, "num_attention_heads": heads,
        "num_key_value_heads": kv_heads, "intermediate_size": inner, "hidden_act": "silu",
        "vocab_size": 128521 if is_internlm else 151674, "max_position_embeddings": 32768,
        "rms_norm_eps": 1e-5 if is_internlm else 1e-6,
        "rope_theta": 50000000 if is_internlm else 1000000.0,
        "rope_scaling": {"type": "dynamic", "factor": 2.0}, "tie_word_embeddings": False}
    if is_new:
        language |= {"architectures": ["Qwen3ForCausalLM"], "head_dim": 128, "vocab_size": 151936,
                     "max_position_embeddings": 40960, "rope_scaling": None}
    if awq:
        language["quantization_config"] = {
            "quant_method": "awq", "version": "gemm", "bits": 4, "group_size": GROUP,
            "zero_point": True}
    vision = dict(VIT_6B if size >= 38 else VIT_300M, image_size=448, patch_size=14,
                  num_channels=3, hidden_act="gelu", layer_norm_eps=1e-6)
    return {"architectures": ["InternVLChatModel"], "model_type": "internvl_chat",
            "downsample_ratio": 0.5, "dynamic_image_size": True, "force_image_size": 448,
            "max_dynamic_patch": 12, "min_dynamic_patch": 1, "ps_version": "v2",
            "select_layer": -1, "template": "internvl2_5", "use_thumbnail": True,
            "llm_config": language, "vision_config": vision}


def tensors(settings):
    """Yields (name, shape, kind) of every tensor; kind is weight, norm, bias, zero, code or scale."""
    vision, language = settings["vision_config"], settings["llm_config"]
    awq = "quantization_config" in language
    width, inner = vision["hidden_size"], vision["intermediate_size"]
    has_bias = vision["norm_type"] == "layer_norm"
    embeddings = "vision_model.embeddings."
    yield embeddings + "class_embedding", (1, 1, width), "weight"
    yield embeddings + "patch_embedding.weight", (width, 3, 14, 14), "weight"
    yield embeddings + "patch_embedding.bias", (width,), "bias"
    yield embeddings + "position_embedding", (1, 1025, width), "weight"
    for i in range(vision["num_hidden_layers"]):
        layer = "vision_model.encoder.layers.%d." % i
        for norm in ("norm1", "norm2"):
            yield layer + norm + ".weight", (width,), "norm"
            if has_bias:
                yield layer + norm + ".bias", (width,), "bias"
        yield layer + "attn.qkv.weight", (3 * width, width), "weight"
        if vision["qkv_bias"]:
            yield layer + "attn.qkv.bias", (3 * width,), "bias"
        if vision["qk_normalization"]:
            yield layer + "attn.q_norm.weight", (width,), "norm"
            yield layer + "attn.k_norm.weight", (width,), "norm"
        for name, shape in (("attn.proj", (width, width)), ("mlp.fc1", (inner, width)),
                            ("mlp.fc2", (width, inner))):
            yield layer + name + ".weight", shape, "weight"
            yield layer + name + ".bias", shape[:1], "bias"
        yield layer + "ls1", (width,), "norm"
        yield layer + "ls2", (width,), "norm"
    hidden = language["hidden_size"]
    yield "mlp1.0.weight", (4 * width,), "norm"
    yield "mlp1.0.bias", (4 * width,), "bias"
    for name, inputs in (("mlp1.1", 4 * width), ("mlp1.3", hidden)):
        yield name + ".weight", (hidden, inputs), "weight"
        yield name + ".bias", (hidden,), "bias"
    yield from language_tensors(language, awq)


def language_tensors(language, awq):
    """The language model's part of `tensors`."""
    hidden, inner = language["hidden_size"], language["intermediate_size"]
    head = language.get("head_dim", hidden // language["num_attention_heads"])
    queries = language["num_attention_heads"] * head
    keys = language["num_key_value_heads"] * head
    vocabulary = language["vocab_size"]
    is_internlm = language["architectures"][0] == "InternLM2ForCausalLM"
    has_head_norms = language["architectures"][0] == "Qwen3ForCausalLM"

    def linear(name, outputs, inputs, bias=False):
        if awq:
            yield name + ".qweight", (inputs, outputs // 8), "code"
            yield name + ".qzeros", (inputs // GROUP, outputs // 8), "zero"
            yield name + ".scales", (inputs // GROUP, outputs), "scale"
        else:
            yield name + ".weight", (outputs, inputs), "weight"
        if bias:
            yield name + ".bias", (outputs,), "bias"

    model = "language_model.model."
    yield model + ("tok_embeddings" if is_internlm else "embed_tokens") + ".weight", \
        (vocabulary, hidden), "weight"
    for i in range(language["num_hidden_layers"]):
        layer = "%slayers.%d." % (model, i)
        if is_internlm:
            parts = [("attention.wqkv", hidden + 2 * keys, hidden, False),
                     ("attention.wo", hidden, hidden, False),
                     ("feed_forward.w1", inner, hidden, False),
                     ("feed_forward.w3", inner, hidden, False),
                     ("feed_forward.w2", hidden, inner, False)]
            norms = ("attention_norm", "ffn_norm")
        else:
            parts = [("self_attn.q_proj", queries, hidden, not has_head_norms),
                     ("self_attn.k_proj", keys, hidden, not has_head_norms),
                     ("self_attn.v_proj", keys, hidden, not has_head_norms),
                     ("self_attn.o_proj", hidden, queries, False),
                     ("mlp.gate_proj", inner, hidden, False),
                     ("mlp.up_proj", inner, hidden, False),
                     ("mlp.down_proj", hidden, inner, False)]
            norms = ("input_layernorm", "post_attention_layernorm")
        for norm in norms:
            yield layer + norm + ".weight", (hidden,), "norm"
        if has_head_norms:
            yield layer + "self_attn.q_norm.weight", (head,), "norm"
            yield layer + "self_attn.k_norm.weight", (head,), "norm"
        for name, outputs, inputs, bias in parts:
            yield from linear(layer + name, outputs, inputs, bias)
    yield model + "norm.weight", (hidden,), "norm"
    yield "language_model." + ("output" if is_internlm else "lm_head") + ".weight", \
        (vocabulary, hidden), "weight"


class Values:
    """Random numbers in the stored types, drawn once and reused at seeded offsets.

    Writing is then bound by the disk. There is a prime number of them, so that no two rows of a
    matrix are the same.
    """

    COUNT = 4194301

    def __init__(self, seed, awq):
        self.random = np.random.default_rng(seed)
        normal = self.random.standard_normal(self.COUNT, dtype=np.float32)
        words = self.random.integers(0, 1 << 32, self.COUNT, dtype=np.uint32)
        store = (lambda values: values.astype(np.float16)) if awq else to_bfloat16
        small = store(0.02 * normal)
        self.pools = {
            "weight": small, "bias": small, "norm": store(np.ones(self.COUNT, np.float32)),
            "scale": store(0.004 + 0.001 * np.abs(normal)), "code": words.view(np.int32),
            # Zero points of 6 to 9, as trained models have around the middle.
            "zero": ((words & np.uint32(0x33333333)) + np.uint32(0x66666666)).view(np.int32)}

    def make(self, shape, kind):
        """Values in the stored type: uint16 holding bfloat16 bits, float16, or int32 codes."""
        pool = self.pools[kind]
        start = 0 if kind == "norm" else int(self.random.integers(0, pool.size))
        count = int(np.prod(shape))
        if start + count <= pool.size:
            return pool[start:start + count].reshape(shape).copy()
        return np.resize(np.roll(pool, -start), count).reshape(shape)


def to_bfloat16(values):
    """The upper half of float32 numbers."""
    return (values.view(np.uint32) >> 16).astype(np.uint16)


def shards(entries, limit):
    """Splits the tensors into runs of at most `limit` bytes."""
    run, size = [], 0
    for name, shape, kind in entries:
        count = int(np.prod(shape)) * (4 if kind in ("code", "zero") else 2)
        if run and size + count > limit:
            yield run
            run, size = [], 0
        run.append((name, shape, kind))
        size += count
    yield run


def write_safetensors(path, run, values):
    header, offset = {}, 0
    for name, shape, _ in run:
        count = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + count]}
        offset += count
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, shape, kind in run:
            file.write(values.make(shape, kind).tobytes())


def write_torch(path, run, values):
    import torch
    torch.save({name: torch.from_numpy(values.make(shape, kind))
                for name, shape, kind in run}, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--family", choices=("3", "3.5"), default="3")
    parser.add_argument("--size", type=int, choices=sorted(LANGUAGE | LANGUAGE_3_5), required=True)
    parser.add_argument("--format", choices=("pytorch", "awq"), required=True)
    parser.add_argument("--tokenizer", required=True, help="folder with tokenizer files to copy")
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    awq = options.format == "awq"
    if options.size not in (LANGUAGE_3_5 if options.family == "3.5" else LANGUAGE):
        parser.error("this family has no such size")
    if awq and options.family == "3.5":
        parser.error("InternVL3.5 has no AWQ")
    os.makedirs(options.out, exist_ok=True)
    settings = config(options.family, options.size, awq)
    with open(os.path.join(options.out, "config.json"), "w") as file:
        json.dump(settings, file, indent=2)
    for name in ("vocab.json", "merges.txt", "added_tokens.json", "tokenizer_config.json",
                 "special_tokens_map.json", "tokenizer.model"):
        if os.path.exists(os.path.join(options.tokenizer, name)):
            shutil.copy(os.path.join(options.tokenizer, name), options.out)
    runs = list(shards(tensors(settings), 2 * 10**9 if awq else 5 * 10**9))
    stem, suffix = ("pytorch_model", ".bin") if awq else ("model", ".safetensors")
    values, index, total = Values(options.seed, awq), {}, 0
    for number, run in enumerate(runs):
        name = stem + suffix if len(runs) == 1 else \
            "%s-%05d-of-%05d%s" % (stem, number + 1, len(runs), suffix)
        (write_torch if awq else write_safetensors)(os.path.join(options.out, name), run, values)
        index.update({tensor: name for tensor, _, _ in run})
        total += sum(int(np.prod(s)) * (4 if k in ("code", "zero") else 2) for _, s, k in run)
    if len(runs) > 1:
        with open(os.path.join(options.out, stem + suffix + ".index.json"), "w") as file:
            json.dump({"metadata": {"total_size": total}, "weight_map": index}, file)
    print("%d tensors, %.3f GB in %d files" % (len(index), total / 1e9, len(runs)))


if __name__ == "__main__":
    main()
