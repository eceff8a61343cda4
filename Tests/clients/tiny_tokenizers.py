"""Small tokenizers of the tokenizers library, of the kinds that checkpoints have."""

import json

from tiny_models import CHAT_TEMPLATE, byte_level_tokenizer
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
from tokenizers import pre_tokenizers, processors, trainers

TEXTS = [
    "",
    "Hello world",
    "  two  spaces  and\ttabs \n\n lines ",
    "don't I'LL we're 12345 ½ x²",
    "你好，世界！ \U0001f600\u200d\U0001f525 e\u0301 \u1e0b\u0323 \u0915\u093f",
    "<|im_start|>user\nHi<|im_end|>\n<img><IMG_CONTEXT></img>",
    "a <left> b <right> c  <both>  d",
    "a<left><right><both>\n\n <both>x",
    "word words sword word, wordé word_ (word) word",
    "café cafe\u0301 x\u1e0b\u0323y \u1e0d\u0307",
    " message['content'] is string %}{{'<|im_end|>\\n'}}",
]
#: Added tokens with every flag that a tokenizer can have.
FLAGGED = [
    AddedToken("<left>", lstrip=True, normalized=False),
    AddedToken("<right>", rstrip=True, normalized=False),
    AddedToken("<both>", lstrip=True, rstrip=True, normalized=False, special=True),
    AddedToken("word", single_word=True, normalized=False),
    AddedToken("\u1e0d\u0307", normalized=True),
]


def byte_level():
    """Qwen2's kind, with flagged tokens."""
    tokenizer = byte_level_tokenizer().backend_tokenizer
    tokenizer.add_tokens(FLAGGED)
    return tokenizer


def metaspace(normalizer, pre_tokenizer, has_first):
    """SentencePiece's pairs with byte fallback, as converted models have them."""
    trained = Tokenizer(models.BPE())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=220, show_progress=False)
    trained.train_from_iterator([CHAT_TEMPLATE, "Hello world, the words are two spaces."], trainer)
    model = json.loads(trained.to_str())["model"]
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    pieces += list(model["vocab"])
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    tokenizer = Tokenizer(
        models.BPE(
            {piece: index for index, piece in enumerate(pieces)}, merges, unk_token="<unk>",
            fuse_unk=True, byte_fallback=True,
        )  # fmt: skip
    )
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]  # fmt: skip
    )
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>", "<img>"])
    tokenizer.add_tokens(FLAGGED[:4])
    if has_first:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", 1)]
        )
    return tokenizer


def kinds():
    """(title, tokenizer) of each kind."""
    mark = "\u2581"
    older = normalizers.Sequence([normalizers.Prepend(mark), normalizers.Replace(" ", mark)])
    yield "byte-level", byte_level()
    for scheme in ("first", "always", "never"):
        step = pre_tokenizers.Metaspace(mark, prepend_scheme=scheme, split=False)
        yield f"metaspace, {scheme}", metaspace(None, step, scheme == "first")
    yield "metaspace, older form", metaspace(older, None, True)


def save(tokenizer, folder, pairs=True):
    """Writes tokenizer.json and its configuration; merges as pairs, or as strings like before."""
    folder.mkdir(parents=True)
    written = json.loads(tokenizer.to_str())
    if not pairs:
        merges = written["model"]["merges"]
        written["model"]["merges"] = [m if isinstance(m, str) else " ".join(m) for m in merges]
    (folder / "tokenizer.json").write_text(json.dumps(written, ensure_ascii=False))
    (folder / "tokenizer_config.json").write_text('{"backend": "tokenizers"}')
