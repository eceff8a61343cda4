"""Writes a trained checkpoint as a model folder in OpenGVLab's layout.

    python demo/training/export.py joint.pt demo/model
"""

import os
import sys

import torch
from safetensors.torch import save_file

import tokenizer
from model import IMAGE_SIZE, LANGUAGE, PATCH, VISION


def configuration(words):
    """config.json, with the keys of the published checkpoints."""
    end_of_text = words.token_to_id("<|endoftext|>")
    dtype = "bfloat16"
    language = {
        "architectures": ["Qwen2ForCausalLM"], "attention_dropout": 0.0,
        "bos_token_id": end_of_text, "eos_token_id": end_of_text, "hidden_act": "silu",
        "hidden_size": LANGUAGE["hidden"], "initializer_range": 0.02,
        "intermediate_size": LANGUAGE["inner"], "max_position_embeddings": 4096,
        "max_window_layers": 70, "model_type": "qwen2", "num_attention_heads": LANGUAGE["heads"],
        "num_hidden_layers": LANGUAGE["layers"], "num_key_value_heads": LANGUAGE["kv_heads"],
        "rms_norm_eps": LANGUAGE["epsilon"],
        "rope_scaling": {"factor": 2.0, "rope_type": "dynamic", "type": "dynamic"},
        "rope_theta": LANGUAGE["theta"], "sliding_window": None, "tie_word_embeddings": False,
        "torch_dtype": dtype, "use_bfloat16": True, "use_cache": True,
        "use_sliding_window": False, "vocab_size": words.get_vocab_size(),
    }
    vision = {
        "architectures": ["InternVisionModel"], "attention_dropout": 0.0, "drop_path_rate": 0.0,
        "dropout": 0.0, "hidden_act": "gelu", "hidden_size": VISION["hidden"],
        "image_size": IMAGE_SIZE, "initializer_factor": 0.5, "initializer_range": 0.02,
        "intermediate_size": VISION["inner"], "layer_norm_eps": VISION["epsilon"],
        "model_type": "intern_vit_6b", "norm_type": "layer_norm",
        "num_attention_heads": VISION["heads"], "num_channels": 3,
        "num_hidden_layers": VISION["layers"], "patch_size": PATCH, "qk_normalization": False,
        "qkv_bias": True, "torch_dtype": dtype, "use_bfloat16": True, "use_flash_attn": True,
    }
    module = "internvl_chat.InternVLChat"
    return {
        "architectures": ["InternVLChatModel"],
        "auto_map": {
            "AutoConfig": f"configuration_{module}Config",
            "AutoModel": f"modeling_{module}Model",
            "AutoModelForCausalLM": f"modeling_{module}Model",
        },
        "downsample_ratio": 0.5, "dynamic_image_size": True, "force_image_size": IMAGE_SIZE,
        "hidden_size": LANGUAGE["hidden"], "image_fold": None, "llm_config": language,
        "max_dynamic_patch": 12, "min_dynamic_patch": 1, "model_type": "internvl_chat",
        "output_attentions": False, "pad2square": False, "ps_version": "v2", "select_layer": -1,
        "system_message": None, "template": "internvl2_5", "tie_word_embeddings": False,
        "torch_dtype": dtype, "transformers_version": None, "use_backbone_lora": 0,
        "use_llm_lora": 0, "use_thumbnail": True, "vision_config": vision,
    }


def main(checkpoint, folder):
    """Rounds the weights to bf16 and writes the folder."""
    tokenizer.write(folder)
    words = tokenizer.load(folder)
    weights = torch.load(checkpoint)["model"]
    tensors = {name: weight.to(torch.bfloat16).contiguous() for name, weight in weights.items()}
    save_file(tensors, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    tokenizer.write_json(folder, "config.json", configuration(words))
    tokenizer.write_json(
        folder, "generation_config.json",
        {"_from_model_config": True, "transformers_version": "4.37.2"})


if __name__ == "__main__":
    main(*sys.argv[1:])
