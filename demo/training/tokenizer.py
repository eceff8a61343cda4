"""Makes the demo model's byte-level BPE vocabulary, in the files that Qwen2 uses.

    python demo/training/tokenizer.py demo/model

The merges are learnt from the words of the questions and answers, one word at a time, so that
no token spans two words of Chinese text. Later this module is how the training code encodes.
"""

import json
import os
import sys

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, trainers

import questions
from scenes import COLOURS, KINDS

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
ROLE_TOKENS = (
    "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
)
PLAIN_TOKENS = (
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
    "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
)
VISION_TOKENS = (
    "<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>",
)
ADDED = ("<|endoftext|>",) + ROLE_TOKENS + PLAIN_TOKENS + VISION_TOKENS

# Chinese has no spaces: these are the words that its sentences are made of.
CHINESE_WORDS = (
    "请 描述 这张 图片 图形 图中 图里 图 里有 中有 什么 一下 简单 详细 幅 看到 你 了 这 是 哪些 "
    "有 用 中文 英文 第一 第二 第一张 第二张 张 几个 多少个 一共 哪张 哪一张 更多 多 的 吗 颜色 还是 "
    "在哪里 没有 一样多 你好 你是谁 我是 一个 小模型 能 做 和 给我 一张 谢谢 不客气 我能 "
    "是什么 是大的 有用 助手 简短 回答 ， 。 ： ？ ！ 这是 大的 小的"
).split()


def splitter():
    """Qwen2's way to cut text into pieces before merging."""
    return pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])


def corpus():
    """Texts to learn merges from: English sentences, Chinese words, the system message."""
    for word in CHINESE_WORDS + list(questions.PLACES["zh"]) + list(questions.NUMBERS["zh"]):
        yield word
    yield from questions.WORDS["zh"].values()
    english = list(questions.DESCRIBE["en"]) + list(questions.COUNT["en"])
    for group in questions.DESCRIBE_ONE["en"] + (questions.MORE["en"], questions.MORE_ANSWER["en"]):
        english += group
    english += [text for pair in questions.SMALL_TALK for text in pair]
    english += questions.OTHER_SYSTEMS
    english += [f"What is {place}?" for place in questions.PLACES["en"]]
    english += ["At the", "On the", "In the", "Where is", "How many", "Is there", "Hi", "Nothing."]
    english += [f"{number} {number.lower()} shapes: a shape:" for number in questions.NUMBERS["en"]]
    for kind in KINDS:
        plural = kind + ("es" if kind == "cross" else "s")
        english += [f"Is there a {kind}? {plural}", f"{kind.capitalize()}."]
    for colour in COLOURS:
        english += [f"What colour color is it? {colour}", f"{colour.capitalize()}."]
    english += ["Is it large or small?", "Large.", "Small.", "Yes.", "No.", "Is there an",
                "Image-1: Image-2:", "system\nuser\nassistant\n"]
    for text in english:
        if text.isascii():
            yield text
            yield text
    yield questions.DEFAULT_SYSTEM
    yield questions.DEFAULT_SYSTEM


def train():
    """Learns every merge that the corpus repeats; returns the trained tokenizer."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = splitter()
    trainer = trainers.BpeTrainer(
        vocab_size=1200, min_frequency=1, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(corpus(), trainer)
    return tokenizer


def write(folder):
    """Writes vocab.json, merges.txt and the files that describe the added tokens."""
    os.makedirs(folder, exist_ok=True)
    tokenizer = train()
    tokenizer.model.save(folder)
    first = tokenizer.get_vocab_size()
    ids = {text: first + i for i, text in enumerate(ADDED)}
    entries = {
        str(i): {"content": text, "lstrip": False, "normalized": False, "rstrip": False,
                 "single_word": False, "special": text not in PLAIN_TOKENS}
        for text, i in ids.items()
    }
    roles = {"additional_special_tokens": list(ROLE_TOKENS), "eos_token": "<|im_end|>",
             "pad_token": "<|endoftext|>"}
    config = {
        "add_bos_token": False, "add_eos_token": False, "add_prefix_space": False,
        "added_tokens_decoder": entries, "additional_special_tokens": list(ROLE_TOKENS),
        "bos_token": None, "clean_up_tokenization_spaces": False, "eos_token": "<|im_end|>",
        "errors": "replace", "model_max_length": 12288, "pad_token": "<|endoftext|>",
        "split_special_tokens": False, "tokenizer_class": "Qwen2Tokenizer", "unk_token": None,
    }
    write_json(folder, "added_tokens.json", dict(sorted(ids.items())))
    write_json(folder, "special_tokens_map.json", roles)
    write_json(folder, "tokenizer_config.json", config)


def write_json(folder, name, value):
    """Writes one JSON file, indented and with a newline at its end."""
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=1)
        file.write("\n")


def load(folder):
    """The tokenizer in a model folder, with its added tokens."""
    model = models.BPE.from_file(
        os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = splitter()
    tokenizer.decoder = decoders.ByteLevel()
    for text in ADDED:
        token = AddedToken(text, special=text not in PLAIN_TOKENS, normalized=False)
        tokenizer.add_tokens([token])
    return tokenizer


if __name__ == "__main__":
    write(sys.argv[1])
