"""Tiny random models of the transformers library, and what it answers with them."""

import copy
import json
import os
import re

os.environ |= {
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TQDM_DISABLE": "1",
}

import torch
from peft import LoraConfig, get_peft_model
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AddedToken,
    GenerationConfig,
    GotOcr2ImageProcessorPil,
    InternVLConfig,
    InternVLForConditionalGeneration,
    InternVLVisionConfig,
    Qwen2Config,
    Qwen2Tokenizer,
    Qwen3Config,
    logging,
)

logging.disable_progress_bar()

SIDE, PATCH = 56, 14
TOKENS_PER_TILE = (SIDE // PATCH // 2) ** 2
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CHINESE = (
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。"
)
#: The chat template of the `-hf` repositories.
CHAT_TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n'}}"
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    "{% for content in message['content'] %}{% if content['type'] == 'image' %}"
    "{{ '<IMG_CONTEXT>\n' }}{% elif content['type'] == 'video' %}{{ '<video>\n' }}"
    "{% elif content['type'] == 'text' %}{{ content['text'] }}{% endif %}{% endfor %}{% endif %}"
    "{{'<|im_end|>\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{'<|im_start|>assistant\n' }}{% endif %}"
)
#: In the order of the published added_tokens.json, as far as they matter here.
ADDED = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<img>", "</img>",
    "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>",
]  # fmt: skip
SPEAKING = {"<think>", "</think>"}


def byte_level_tokenizer():
    """A byte-level BPE tokenizer with InternVL's special tokens, trained on a chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=360, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    bpe.train_from_iterator(CHAT_TEMPLATE.split("%}"), trainer)
    model = json.loads(bpe.to_str())["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    tokenizer = Qwen2Tokenizer(
        vocab=model["vocab"],
        merges=merges,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens={
            "start_image_token": "<img>",
            "end_image_token": "</img>",
            "context_image_token": "<IMG_CONTEXT>",
            "video_token": "<video>",
        },
    )
    tokenizer.add_tokens(
        [AddedToken(t, special=t not in SPEAKING, normalized=False) for t in ADDED]
    )
    return tokenizer


def text_config(kind, vocabulary, **more):
    shape = dict(
        vocab_size=vocabulary, hidden_size=48, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, intermediate_size=96, max_position_embeddings=4096,
        rms_norm_eps=1e-6, rope_parameters={"rope_theta": 1e6, "rope_type": "default"},
    )  # fmt: skip
    if kind == "qwen3":
        # Heads wider than the model over their number, as in the published 1B, 4B and 38B.
        return Qwen3Config(**(shape | {"head_dim": 16} | more))
    return Qwen2Config(**(shape | more))


def vision_config(is_large):
    """The 300M tower's kind of blocks, or the 6B tower's."""
    return InternVLVisionConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        image_size=[SIDE, SIDE], patch_size=[PATCH, PATCH], attention_bias=not is_large,
        use_qk_norm=is_large, norm_type="rms_norm" if is_large else "layer_norm",
    )  # fmt: skip


def random_model(text, tokenizer, is_large=False, tied=False, seed=0):
    """A float32 model whose weights are large enough that answers vary."""
    config = InternVLConfig(
        text_config=text,
        vision_config=vision_config(is_large),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=TOKENS_PER_TILE,
        tie_word_embeddings=tied,
    )
    model = InternVLForConditionalGeneration(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            spread = 0.5 if "embed_tokens" in name else 0.15
            base = 1.0 if re.search(r"norm\w*\.weight|layer_norm\.weight|lambda_", name) else 0.0
            parameter.copy_(base + spread * torch.randn(parameter.shape, generator=generator))
    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
        pad_token_id=tokenizer.convert_tokens_to_ids("<|endoftext|>"),
    )
    return model


def image_processor():
    return GotOcr2ImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, min_patches=1, max_patches=12,
        crop_to_patches=True, image_mean=MEAN, image_std=DEVIATION,
    )  # fmt: skip


def answer(model, tokenizer, text, pictures, count):
    """What the model answers to a prompt with `<IMG_CONTEXT>` once a picture, in full precision.

    Returns the prompt's ids, the tiles of each picture and the greedy ids, with the smallest
    distance between the likeliest token and the next.
    """
    inputs, tiles = {}, []
    if pictures:
        images = [Image.open(path).convert("RGB") for path in pictures]
        batch = image_processor()(images=images, return_tensors="pt", crop_to_patches=True)
        inputs["pixel_values"] = batch["pixel_values"]
        tiles = [int(n) for n in batch["num_patches"]]
        runs = iter(tiles)
        text = re.sub(
            "<IMG_CONTEXT>",
            lambda _: "<img>" + "<IMG_CONTEXT>" * (TOKENS_PER_TILE * next(runs)) + "</img>",
            text,
        )
    ids = tokenizer(text, return_tensors="pt").input_ids
    stop = tokenizer.convert_tokens_to_ids("<|im_end|>")
    with torch.no_grad():
        output = model.generate(
            input_ids=ids, max_new_tokens=count, do_sample=False, **inputs,
            eos_token_id=stop, return_dict_in_generate=True, output_logits=True,
        )  # fmt: skip
    tokens = output.sequences[0, ids.shape[1] :].tolist()
    margins = [float(-torch.diff(logits[0].topk(2).values)) for logits in output.logits]
    tokens = tokens[: tokens.index(stop)] if stop in tokens else tokens
    return ids[0].tolist(), tiles, tokens, min(margins)


def chat_layout_name(name):
    """What OpenGVLab's files call a tensor of transformers' model; q, k and v stay apart."""
    for pattern, text in (
        (r"^model\.language_model\.", "language_model.model."),
        (r"^lm_head\.", "language_model.lm_head."),
        (r"^model\.vision_tower\.encoder\.layer\.", "vision_model.encoder.layers."),
        (r"^model\.vision_tower\.embeddings\.", "vision_model.embeddings."),
        (r"^model\.multi_modal_projector\.layer_norm", "mlp1.0"),
        (r"^model\.multi_modal_projector\.linear_1", "mlp1.1"),
        (r"^model\.multi_modal_projector\.linear_2", "mlp1.3"),
        (r"cls_token$", "class_embedding"),
        (r"position_embeddings$", "position_embedding"),
        (r"patch_embeddings\.projection", "patch_embedding"),
        (r"attention\.projection_layer", "attn.proj"),
        (r"attention\.([qk])_norm", r"attn.\1_norm"),
        (r"layernorm_before", "norm1"),
        (r"layernorm_after", "norm2"),
        (r"lambda_(\d)$", r"ls\1"),
    ):
        name = re.sub(pattern, text, name)
    return name


def chat_layout_tensors(model):
    """The model's tensors as OpenGVLab's files name and group them."""
    tensors, parts = {}, {}
    for name, tensor in model.state_dict().items():
        name = chat_layout_name(name)
        if match := re.match(r"(.*)attention\.([qkv])_proj\.(\w+)$", name):
            if name.startswith("vision_model."):
                parts.setdefault(f"{match[1]}attn.qkv.{match[3]}", {})[match[2]] = tensor
                continue
        tensors[name] = tensor.contiguous()
    for name, part in parts.items():
        tensors[name] = torch.cat([part[letter] for letter in "qkv"])
    return tensors


def save_chat_layout(folder, model, tokenizer, tensors=None, **top):
    """Writes a model the way OpenGVLab's repositories are laid out."""
    folder.mkdir(parents=True)
    text, vision = model.config.text_config.to_dict(), model.config.vision_config
    language = {
        key: text[key]
        for key in (
            "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads",
            "intermediate_size", "vocab_size", "rms_norm_eps", "max_position_embeddings",
            "head_dim", "hidden_act",
        )  # fmt: skip
        if text.get(key) is not None
    }
    kind = {"qwen2": "Qwen2ForCausalLM", "qwen3": "Qwen3ForCausalLM"}[text["model_type"]]
    config = {
        "architectures": ["InternVLChatModel"], "model_type": "internvl_chat",
        "downsample_ratio": 0.5, "dynamic_image_size": True, "force_image_size": SIDE,
        "min_dynamic_patch": 1, "max_dynamic_patch": 12, "ps_version": "v2", "select_layer": -1,
        "template": "internvl2_5", "use_thumbnail": True,
        "llm_config": language | {
            "architectures": [kind], "rope_theta": text["rope_parameters"]["rope_theta"],
            "rope_scaling": None, "tie_word_embeddings": False,
        },
        "vision_config": {
            "hidden_size": vision.hidden_size, "num_hidden_layers": vision.num_hidden_layers,
            "num_attention_heads": vision.num_attention_heads,
            "intermediate_size": vision.intermediate_size, "image_size": SIDE,
            "patch_size": PATCH, "qkv_bias": vision.attention_bias,
            "qk_normalization": vision.use_qk_norm, "norm_type": vision.norm_type,
            "hidden_act": "gelu", "layer_norm_eps": 1e-6,
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config | top))
    save_file(tensors or chat_layout_tensors(model), folder / "model.safetensors")
    save_slow_tokenizer(folder, tokenizer)


def save_transformers_layout(folder, model, tokenizer, processor=True, **options):
    """Saves everything the way transformers does."""
    model.save_pretrained(folder, **options)
    tokenizer.save_pretrained(folder)
    if processor:
        image_processor().save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE)


def save_adapter(folder, model, **settings):
    """Saves a random LoRA adapter of the PEFT library; returns the model with it merged."""
    torch.manual_seed(1)
    tuned = get_peft_model(copy.deepcopy(model), LoraConfig(r=4, lora_alpha=6, **settings))
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                parameter.copy_(0.2 * torch.randn(parameter.shape))
    tuned.save_pretrained(folder)
    return tuned.merge_and_unload().eval()


def wrap_adapter(tensors, model, rank):
    """Names the decoder's tensors as OpenGVLab's scripts do when they train it with LoRA.

    Adds a random adapter to them, and returns a model that has it merged.
    """
    torch.manual_seed(2)
    merged = copy.deepcopy(model)
    weights = {chat_layout_name(name): tensor for name, tensor in merged.state_dict().items()}
    for name in [name for name in tensors if name.startswith("language_model.")]:
        wrapped = name.replace("language_model.", "language_model.base_model.model.", 1)
        tensor = tensors.pop(name)
        if not re.search(r"\.(self_attn|mlp)\.\w+_proj\.", name):
            tensors[wrapped] = tensor
            continue
        module, kind = wrapped.rsplit(".", 1)
        tensors[f"{module}.base_layer.{kind}"] = tensor
        if kind == "weight":
            down = 0.2 * torch.randn(rank, tensor.shape[1])
            up = 0.2 * torch.randn(tensor.shape[0], rank)
            tensors[f"{module}.lora_A.default.weight"] = down
            tensors[f"{module}.lora_B.default.weight"] = up
            weights[name] += 2 * (up @ down)
    return merged


def save_slow_tokenizer(folder, tokenizer):
    """Writes vocab.json, merges.txt and the rest, as transformers 4 did."""
    written = json.loads(tokenizer.backend_tokenizer.to_str())
    merges = [m if isinstance(m, str) else " ".join(m) for m in written["model"]["merges"]]
    (folder / "vocab.json").write_text(json.dumps(written["model"]["vocab"], ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(m + "\n" for m in merges))
    added = {t["content"]: t["id"] for t in written["added_tokens"]}
    (folder / "added_tokens.json").write_text(json.dumps(added))
    entries = {str(t["id"]): {k: t[k] for k in t if k != "id"} for t in written["added_tokens"]}
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "added_tokens_decoder": entries, "bos_token": None, "eos_token": "<|im_end|>",
                "pad_token": "<|endoftext|>", "tokenizer_class": "Qwen2Tokenizer",
            }  # fmt: skip
        )
    )
