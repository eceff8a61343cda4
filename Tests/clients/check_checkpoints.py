#!/usr/bin/env python3
"""Compares our answers with those of transformers' own models, token by token.

    VENV/bin/python check_checkpoints.py      in a venv with torch and transformers (make_venvs.sh)

INTERNVL names our program. Every model is tiny and random, made and saved by transformers itself;
both sides get the same pictures and texts and compute in float32. Nothing is downloaded.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import tiny_models as tiny
import tiny_quantized as quantized
import tiny_tokenizers
import torch
from harness import ROOT, check, finish, scratch

PROGRAM = os.environ.get("INTERNVL", ROOT / ".build/release/internvl")
PICTURES = ROOT / "demo/pictures"
COUNT = 16
#: Two implementations differ by less than this in float32; closer choices may go either way.
TIE = 2e-3


def cases():
    """(title, question, pictures) of every conversation."""
    first, second = PICTURES / "four-shapes.png", PICTURES / "wide.png"
    return [
        ("text", "Tell me a story, 请.", []),
        ("picture", "What is this?", [first]),
        ("pictures", "Compare them.", [first, second]),
    ]


def ours(folder, question, pictures, *options):
    """What our program answers, and what it says on standard error."""
    command = [PROGRAM, "launch", "--model-path", folder, "--prompt", question, "--json"]
    command += ["--max-tokens", COUNT, "--precision", "exact", "--no-packed-cache", "--force"]
    for picture in pictures:
        command += ["--image", picture]
    done = subprocess.run(
        [str(word) for word in [*command, *options]], capture_output=True, text=True
    )
    if done.returncode != 0:
        return None, done.stderr
    return json.loads(done.stdout), done.stderr


def chat_prompt(question, count):
    """OpenGVLab's prompt, with `<IMG_CONTEXT>` for each picture."""
    lead = "<IMG_CONTEXT>\n" if count == 1 else ""
    if count > 1:
        lead = "".join(f"Image-{i + 1}: <IMG_CONTEXT>\n" for i in range(count))
    return (
        f"<|im_start|>system\n{tiny.CHINESE}<|im_end|>\n<|im_start|>user\n{lead}{question}"
        "<|im_end|>\n<|im_start|>assistant\n"
    )


def transformers_prompt(question, count):
    """What the chat template of the `-hf` repositories makes of a question."""
    lead = "<IMG_CONTEXT>\n" * count
    return f"<|im_start|>user\n{lead}{question}<|im_end|>\n<|im_start|>assistant\n"


def compare(title, folder, model, tokenizer, prompt, options=()):
    """Compares all conversations about one checkpoint."""
    for name, question, pictures in cases():
        ids, tiles, tokens, margin = tiny.answer(
            model, tokenizer, prompt(question, len(pictures)), pictures, COUNT
        )
        reply, said = ours(folder, question, pictures, *options)
        if reply is None:
            check(f"{title}, {name}", False, said)
            continue
        found = (
            reply["prompt_token_ids"], [t["count"] for t in reply["tiles"]], reply["token_ids"]
        )  # fmt: skip
        if margin < TIE:
            found, tokens = found[:2], None
        expected = (ids, tiles) if tokens is None else (ids, tiles, tokens)
        note = "" if tokens else " (prompt only: two tokens are as good as equally likely)"
        check(f"{title}, {name}{note}", found == expected, f"{found}\n     {expected}")


def chat_layout(folder):
    """InternVL3 and InternVL3.5 as OpenGVLab lays them out."""
    for kind, is_large in (("qwen2", False), ("qwen3", False), ("qwen3", True)):
        tokenizer = tiny.byte_level_tokenizer()
        text = tiny.text_config(kind, len(tokenizer) + 3)
        model = tiny.random_model(text, tokenizer, is_large, seed=3)
        path = folder / f"chat-{kind}-{is_large}"
        tiny.save_chat_layout(path, model, tokenizer)
        tower = "6B" if is_large else "300M"
        compare(f"chat layout, {kind}, {tower} tower", path, model, tokenizer, chat_prompt)


def transformers_layout(folder):
    """Checkpoints that transformers saved, with the tensor names of either generation."""
    for kind, is_large, tied, original in (
        ("qwen2", False, False, True),
        ("qwen2", False, True, True),
        ("qwen3", False, False, False),
        ("qwen3", True, False, True),
    ):
        tokenizer = tiny.byte_level_tokenizer()
        text = tiny.text_config(kind, len(tokenizer), tie_word_embeddings=tied)
        model = tiny.random_model(text, tokenizer, is_large, tied)
        path = folder / f"hf-{kind}-{is_large}-{tied}"
        tiny.save_transformers_layout(path, model, tokenizer, save_original_format=original)
        names = "files' names" if original else "modules' names"
        title = f"transformers layout, {kind}, {names}" + (", tied" if tied else "")
        compare(title, path, model, tokenizer, transformers_prompt)


def own_head(folder):
    """Flags that say tied although an output layer of its own is stored: what is stored counts."""
    tokenizer = tiny.byte_level_tokenizer()
    model = tiny.random_model(tiny.text_config("qwen2", len(tokenizer)), tokenizer)
    path = folder / "tied-chat"
    tiny.save_chat_layout(path, model, tokenizer, tie_word_embeddings=True)
    edit(path / "config.json", llm_config={"tie_word_embeddings": True})
    compare("tied flag with a head, chat layout", path, model, tokenizer, chat_prompt)
    path = folder / "tied-hf"
    tiny.save_transformers_layout(path, model, tokenizer)
    edit(path / "config.json", tie_word_embeddings=True, text_config={"tie_word_embeddings": True})
    loaded = type(model).from_pretrained(path).eval()
    compare("tied flag with a head, transformers", path, loaded, tokenizer, transformers_prompt)


def adapters(folder):
    """LoRA adapters of the PEFT library, on checkpoints of both layouts."""
    tokenizer = tiny.byte_level_tokenizer()
    kinds = {
        "a list of targets": dict(target_modules=["q_proj", "v_proj", "down_proj"]),
        "all linear layers": dict(target_modules="all-linear", use_rslora=True),
        "patterns and a saved head": dict(
            target_modules=r".*language_model.*\.(k_proj|up_proj)", alpha_pattern={"up_proj": 3},
            rank_pattern={"layers.1.self_attn.k_proj": 2}, modules_to_save=["lm_head"],
        ),
    }  # fmt: skip
    for number, (title, settings) in enumerate(kinds.items()):
        model = tiny.random_model(tiny.text_config("qwen3", len(tokenizer)), tokenizer)
        chat, saved = folder / f"adapted-chat-{number}", folder / f"adapted-hf-{number}"
        tiny.save_chat_layout(chat, model, tokenizer)
        tiny.save_transformers_layout(saved, model, tokenizer)
        adapter = folder / f"adapter-{number}"
        merged = tiny.save_adapter(adapter, model, **settings)
        option = ("--adapter", adapter)
        compare(f"adapter, {title}", saved, merged, tokenizer, transformers_prompt, option)
        compare(f"adapter, {title}, chat layout", chat, merged, tokenizer, chat_prompt, option)
    unmerged(folder, tokenizer)
    refused_adapters(folder, tokenizer, saved)


def unmerged(folder, tokenizer):
    """What OpenGVLab's scripts leave after training with use_llm_lora."""
    model = tiny.random_model(tiny.text_config("qwen2", len(tokenizer)), tokenizer)
    tensors = tiny.chat_layout_tensors(model)
    path = folder / "unmerged"
    merged = tiny.wrap_adapter(tensors, model, rank=3)
    tiny.save_chat_layout(path, model, tokenizer, tensors=tensors, use_llm_lora=3)
    compare("use_llm_lora, not merged", path, merged, tokenizer, chat_prompt)


def four_bits(folder):
    """What compressed-tensors packs, with all groups and types of scales that people use."""
    tokenizer = tiny.byte_level_tokenizer()
    text = tiny.text_config("qwen3", len(tokenizer), **quantized.text_shape())
    model = tiny.random_model(text, tokenizer)
    for group, symmetric, scales, ignore in (
        (128, True, torch.float16, quantized.IGNORED),
        (64, False, torch.bfloat16, quantized.IGNORED),
        (32, True, torch.bfloat16, []),
        (None, False, torch.float16, [*quantized.IGNORED, r"re:.*layers\.1\.mlp.*"]),
    ):
        codes = quantized.quantize(model, group, symmetric, scales, ignore)
        path = folder / f"packed-{group}"
        quantized.save_transformers_layout(path, codes, tokenizer, scales)
        oracle = type(model).from_pretrained(path, dtype=torch.float32).eval()
        title = f"compressed-tensors, {f'groups of {group}' if group else 'a scale an output'}"
        compare(title, path, oracle, tokenizer, transformers_prompt)
        if not ignore:
            edit(path / "config.json", text_config={"tie_word_embeddings": True})
            compare(f"{title}, tied flag", path, oracle, tokenizer, transformers_prompt)
    adapter, saved = folder / "adapter-4-bits", folder / "packed-awq"
    for group in (128, 32):
        codes = quantized.quantize(model, group, symmetric=False)
        path = folder / f"packed-chat-{group}"
        quantized.save_chat_layout(path, codes, tokenizer, group)
        plain = quantized.floats(codes, model)
        compare(f"compressed-tensors, {group}, chat layout", path, plain, tokenizer, chat_prompt)
        merged = tiny.save_adapter(adapter, plain, target_modules="all-linear")
        title = f"adapter, compressed-tensors, groups of {group}"
        compare(title, path, merged, tokenizer, chat_prompt, ("--adapter", adapter))
        if group == 128:
            quantized.save_awq(saved, codes, tokenizer)
            compare("AWQ", saved, plain, tokenizer, chat_prompt)
            compare("adapter, AWQ", saved, merged, tokenizer, chat_prompt, ("--adapter", adapter))


def refused_adapters(folder, tokenizer, base):
    """Adapters of kinds that are not built, and of other models, are named."""
    wide = tiny.text_config("qwen3", len(tokenizer), hidden_size=64)
    for title, text, settings, words in (
        ("DoRA", tiny.text_config("qwen3", len(tokenizer)), {"use_dora": True}, "use_dora"),
        ("another model's", wide, {}, "another model"),
    ):
        adapter = folder / f"refused-{len(title)}"
        model = tiny.random_model(text, tokenizer)
        tiny.save_adapter(adapter, model, target_modules=["q_proj"], **settings)
        reply, said = ours(base, "Hi", [], "--adapter", adapter)
        check(f"{title} adapter is refused", reply is None and words in said, said)


def tokenizers(folder):
    """Ids and texts of tokenizer.json, against the library that wrote it."""
    for number, (title, tokenizer) in enumerate(tiny_tokenizers.kinds()):
        for pairs in (True, False):
            path = folder / f"tokenizer-{number}-{pairs}"
            tiny_tokenizers.save(tokenizer, path, pairs)
            ids = [tokenizer.encode(text).ids for text in tiny_tokenizers.TEXTS]
            found = tokens(path, tiny_tokenizers.TEXTS)
            check(f"tokenizer.json, {title}, ids", found == ids, differences(found, ids))
            for skip in (True, False):
                texts = [tokenizer.decode(row, skip_special_tokens=skip) for row in ids]
                found = tokens(path, ids, "--decode", *(["--skip-special"] if skip else []))
                note = ", without special tokens" if skip else ""
                what = f"tokenizer.json, {title}, texts{note}"
                check(what, found == texts, differences(found, texts))


def tokens(folder, items, *options):
    """What `inspect tokens` makes of texts, or with options of ids."""
    command = [PROGRAM, "inspect", "tokens", "--model-path", folder, "--json", *options]
    done = subprocess.run(
        [str(word) for word in command], input=json.dumps(items), capture_output=True, text=True
    )
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def differences(found, expected):
    """The first rows that differ, for a message."""
    if isinstance(found, str):
        return found
    return "\n     ".join(f"{a!r}\n     {b!r}" for a, b in zip(found, expected) if a != b)


def edit(file, **changes):
    """Changes values of a JSON file; of objects within it the given keys only."""
    settings = json.loads(file.read_text())
    for key, value in changes.items():
        settings[key] = settings[key] | value if isinstance(value, dict) else value
    file.write_text(json.dumps(settings))


def main():
    folder = pathlib.Path(scratch())
    wanted = sys.argv[1:]
    try:
        for kind in (chat_layout, transformers_layout, own_head, adapters, four_bits, tokenizers):
            if not wanted or kind.__name__ in wanted:
                kind(folder)
    finally:
        shutil.rmtree(folder)
    finish()


if __name__ == "__main__":
    main()
