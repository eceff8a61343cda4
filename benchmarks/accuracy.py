#!/usr/bin/env python3
"""Compares internvl's logits with the PyTorch reference, in both precisions.

    python3 benchmarks/accuracy.py --oracle ../shared/oracle --fixtures ../shared/fixtures \\
        [--model FOLDER ...] > accuracy.md

For every checkpoint the same questions go through the reference (float32) and through
`internvl launch --dump`. A row says how far apart the logits are: the smallest cosine, the largest
error relative to the largest logit, the mean Kullback-Leibler divergence of the next-token
distributions (in nats) and how often the likeliest token is the same. Steps count as long as both
generated the same tokens before. Needs the reference's requirements.

AWQ checkpoints have one more row, "blocks of 32", as a yardstick for the fast precision: the
reference with the input of every linear layer rounded as llama.cpp does (Q8_0).
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from unittest import mock

import numpy as np
from safetensors.numpy import load_file

QUESTIONS = [
    ("What is in the image?", "images/portrait-small.png"),
    ("Write a short poem about the sea and the moon.", None),
    ("Describe the image in detail.", "images/strip-3x1.png"),
    ("这张图片里有什么？", "images/chelsea-444.jpg"),
]


def reference_logits(model, question, image, steps):
    import torch  # noqa: F401  (the reference needs it; a clear error beats a late one)
    tensors, _ = model.run([{"role": "user", "content": question}],
                           [image] if image else [], max_new_tokens=steps, stop=True)
    return (np.asarray(tensors["logits"], np.float64),
            np.asarray(tensors["greedy_ids"]).astype(int).tolist())


def in_blocks(values):
    """Rounds to int8 in blocks of 32 with one float16 scale each: llama.cpp's Q8_0."""
    import torch
    width = values.shape[-1]
    blocks = torch.nn.functional.pad(values, (0, -width % 32)).unflatten(-1, (-1, 32))
    scale = blocks.abs().amax(-1, keepdim=True) / 127
    codes = (blocks / scale).nan_to_num().round()
    return (codes * scale.half().float()).flatten(-2)[..., :width]


def yardstick_logits(model, question, image, steps):
    """The reference's logits with inputs of linear layers in blocks; weights as they are."""
    import torch
    linear = torch.nn.functional.linear
    with mock.patch.object(
            torch.nn.functional, "linear", lambda x, *rest: linear(in_blocks(x), *rest)):
        return reference_logits(model, question, image, steps)


def is_awq(folder):
    with open(os.path.join(folder, "config.json")) as file:
        settings = json.load(file)
    return any("quantization_config" in part for part in (settings, settings["llm_config"]))


def our_logits(binary, folder, precision, question, image, steps):
    with tempfile.TemporaryDirectory() as scratch:
        dump = os.path.join(scratch, "dump.safetensors")
        command = [binary, "launch", "--model-path", folder, "--prompt", question, "--precision",
                   precision, "--max-tokens", str(steps), "--dump", dump, "--json", "--force"]
        if image:
            command += ["--image", image]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        tensors = load_file(dump)
        return tensors["logits"].astype(np.float64), tensors["greedy_ids"].astype(int).tolist()


def softmax(logits):
    shifted = np.exp(logits - logits.max())
    return shifted / shifted.sum()


def compare(expected, actual, expected_ids, actual_ids):
    """Per-step (cosine, relative error, divergence, same top token) of the comparable steps."""
    rows = []
    for step in range(min(len(expected), len(actual))):
        if expected_ids[:step] != actual_ids[:step]:
            break
        a, b = expected[step], actual[step]
        p, q = softmax(a), softmax(b)
        rows.append((a @ b / np.sqrt((a @ a) * (b @ b)), abs(a - b).max() / abs(a).max(),
                     float(np.sum(p * np.log((p + 1e-300) / (q + 1e-300)))),
                     int(a.argmax() == b.argmax())))
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--oracle", required=True, help="folder of reference.py")
    parser.add_argument("--fixtures", required=True)
    parser.add_argument("--model", action="append", help="more checkpoint folders")
    parser.add_argument("--only", action="store_true", help="leave the fixtures' models out")
    parser.add_argument("--binary", default=".build/release/internvl")
    parser.add_argument("--steps", type=int, default=16)
    parser.add_argument("--questions", type=int, default=len(QUESTIONS), help="only so many")
    options = parser.parse_args()
    sys.path.insert(0, options.oracle)
    from reference import InternVL
    models = os.path.join(options.fixtures, "models")
    folders = [] if options.only else sorted(os.path.join(models, m) for m in os.listdir(models))
    print("| checkpoint | precision | steps | smallest cosine | largest error | mean KL | same top |")
    print("|---|---|---|---|---|---|---|")
    for folder in folders + (options.model or []):
        model = InternVL(folder)
        questions = [(q, i and os.path.join(options.fixtures, i))
                     for q, i in QUESTIONS[:options.questions]]
        references = [reference_logits(model, q, i, options.steps) for q, i in questions]
        candidates = {
            precision: lambda *question, precision=precision: our_logits(
                options.binary, folder, precision, *question, options.steps)
            for precision in ("exact", "fast")}
        if is_awq(folder):
            candidates["blocks of 32"] = lambda *question: yardstick_logits(
                model, *question, options.steps)
        for precision, answer in candidates.items():
            rows = []
            for question, (logits, ids) in zip(questions, references):
                theirs, their_ids = answer(*question)
                rows += compare(logits, theirs, ids, their_ids)
            table = np.array(rows)
            print("| %s | %s | %d | %.6f | %.1e | %.1e | %.1f %% |" % (
                os.path.basename(os.path.normpath(folder)), precision, len(rows),
                table[:, 0].min(), table[:, 1].max(), table[:, 2].mean(), 100 * table[:, 3].mean()),
                flush=True)


if __name__ == "__main__":
    main()
