"""Tiny models in 4 bits, quantised and saved by the library compressed-tensors."""

import copy

import tiny_models as tiny
import torch
from compressed_tensors.compressors import ModelCompressor
from compressed_tensors.compressors.pack_quantized.helpers import unpack_from_int32
from compressed_tensors.quantization import (
    QuantizationArgs,
    QuantizationConfig,
    QuantizationScheme,
    apply_quantization_config,
)
from compressed_tensors.quantization.utils import calculate_qparams
from safetensors.torch import load_file, save_file

#: What people leave out: the output layer, the vision tower and the projector.
IGNORED = ["lm_head", "re:.*vision_tower.*", "re:.*multi_modal_projector.*"]
#: Which outputs a word of AWQ holds, from its lowest bits on.
GEMM_ORDER = [0, 2, 4, 6, 1, 3, 5, 7]


def text_shape():
    """Widths that groups of 128 divide."""
    return dict(hidden_size=128, intermediate_size=256, head_dim=32)


def quantize(model, group, symmetric, scales=torch.float16, ignore=IGNORED):
    """The model with its linear layers in 4 bits; `group` is None for a scale an output."""
    model = copy.deepcopy(model)
    strategy = {"strategy": "group", "group_size": group} if group else {"strategy": "channel"}
    args = QuantizationArgs(num_bits=4, type="int", symmetric=symmetric, **strategy)
    scheme = QuantizationScheme(targets=["Linear"], weights=args)
    config = QuantizationConfig(
        config_groups={"group_0": scheme}, ignore=ignore, format="pack-quantized"
    )
    apply_quantization_config(model, config)
    for module in model.modules():
        if getattr(module, "quantization_scheme", None) is None:
            continue
        rows = module.weight.shape[0]
        values = module.weight.detach().reshape(rows, -1, group or module.weight.shape[1])
        scale, zero = calculate_qparams(values.amin(-1), values.amax(-1), args)
        # Numbers of the type that they are saved in, so that both sides have the same ones.
        module.weight_scale.data = scale.to(scales).float()
        if not symmetric:
            module.weight_zero_point.data = zero
    ModelCompressor.from_pretrained_model(model).compress_model(model)
    return model


def floats(quantized, model):
    """A float model of the weights that the codes stand for."""
    unpacked, plain = copy.deepcopy(quantized), copy.deepcopy(model)
    ModelCompressor.from_pretrained_model(unpacked).decompress_model(unpacked)
    weights = unpacked.state_dict()
    plain.load_state_dict({name: weights[name] for name in plain.state_dict()})
    return plain.eval()


def save_transformers_layout(folder, model, tokenizer, scales=torch.float16):
    """Saves everything the way the libraries do, with scales of a type that is usual for them."""
    tiny.save_transformers_layout(folder, model, tokenizer)
    ModelCompressor.from_pretrained_model(model).update_config(folder)
    file = folder / "model.safetensors"
    tensors = {
        name: tensor.to(scales) if name.endswith(".weight_scale") else tensor
        for name, tensor in load_file(file).items()
    }
    save_file(tensors, file, metadata={"format": "pt"})


def save_chat_layout(folder, model, tokenizer, group):
    """The same codes as OpenGVLab's files are laid out, with the settings written by hand."""
    weights = {
        "num_bits": 4, "type": "int", "symmetric": False, "strategy": "group",
        "group_size": group, "actorder": "static",
    }  # fmt: skip
    tiny.save_chat_layout(
        folder, model, tokenizer,
        quantization_config={
            "quant_method": "compressed-tensors", "format": "pack-quantized",
            "ignore": ["language_model.lm_head", "re:.*vision_model.*", "re:.*mlp1.*"],
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights}},
        },
    )  # fmt: skip


def save_awq(folder, model, tokenizer):
    """The codes of groups of 128 with zero points as AutoAWQ stores them, in OpenGVLab's layout."""
    tensors = tiny.chat_layout_tensors(model)
    for name in [name for name in tensors if name.endswith(".weight_packed")]:
        layer = name.removesuffix(".weight_packed")
        outputs, inputs = tensors.pop(f"{layer}.weight_shape").tolist()
        codes = unpack_from_int32(tensors.pop(name), 4, (outputs, inputs))
        scales = tensors.pop(f"{layer}.weight_scale")
        zeros = unpack_from_int32(
            tensors.pop(f"{layer}.weight_zero_point"), 4, tuple(scales.shape), packed_dim=0
        )
        tensors[f"{layer}.qweight"] = gemm_order(codes)
        tensors[f"{layer}.qzeros"] = gemm_order(zeros)
        tensors[f"{layer}.scales"] = scales.T.to(torch.float16).contiguous()
    settings = {"quant_method": "awq", "version": "gemm", "bits": 4, "group_size": 128}
    tiny.save_chat_layout(folder, model, tokenizer, tensors, quantization_config=settings)


def gemm_order(codes):
    """Signed codes [outputs, n] as words [n, outputs / 8], as awq/utils/packing_utils.py has them."""
    unsigned = (codes.T.to(torch.int64) + 8).reshape(codes.shape[1], -1, 8)
    words = sum(unsigned[..., output] << 4 * place for place, output in enumerate(GEMM_ORDER))
    return torch.where(words >= 1 << 31, words - (1 << 32), words).to(torch.int32).contiguous()
