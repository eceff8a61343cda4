"""The InternVL3 architecture in plain PyTorch, batched, with the checkpoint's tensor names."""

import torch
from torch import nn
from torch.nn import functional as F

IMAGE_SIZE = 112
PATCH = 14
SIDE = IMAGE_SIZE // PATCH
TILE_TOKENS = (SIDE // 2) ** 2
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

VISION = {"hidden": 128, "inner": 512, "layers": 3, "heads": 4, "epsilon": 1e-6}
LANGUAGE = {"hidden": 128, "inner": 512, "layers": 3, "heads": 4, "kv_heads": 2, "epsilon": 1e-6,
            "theta": 1000000.0}


class Embeddings(nn.Module):
    """Patches, the class token and learnt positions."""

    def __init__(self, hidden):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(1, 1, hidden) * 0.02)
        self.patch_embedding = nn.Conv2d(3, hidden, PATCH, PATCH)
        self.position_embedding = nn.Parameter(torch.randn(1, 1 + SIDE * SIDE, hidden) * 0.1)

    def forward(self, pixels):
        # The patches do not overlap, so the convolution is one matrix product.
        n = pixels.shape[0]
        x = pixels.view(n, 3, SIDE, PATCH, SIDE, PATCH).permute(0, 2, 4, 1, 3, 5)
        weight = self.patch_embedding.weight.flatten(1)
        x = F.linear(x.reshape(n, SIDE * SIDE, -1), weight, self.patch_embedding.bias)
        return torch.cat([self.class_embedding.expand(n, -1, -1), x], 1) + self.position_embedding


class VisionAttention(nn.Module):
    """Full attention with one fused matrix for queries, keys and values."""

    def __init__(self, hidden, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.proj = nn.Linear(hidden, hidden)

    def forward(self, x):
        n, tokens, hidden = x.shape
        qkv = self.qkv(x).view(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        out = F.scaled_dot_product_attention(*qkv.unbind(0))
        return self.proj(out.transpose(1, 2).reshape(n, tokens, hidden))


class VisionMLP(nn.Module):
    """Two linear layers with the exact GELU between them."""

    def __init__(self, hidden, inner):
        super().__init__()
        self.fc1 = nn.Linear(hidden, inner)
        self.fc2 = nn.Linear(inner, hidden)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class VisionLayer(nn.Module):
    """Attention and MLP with layer norms before and scales (ls1, ls2) after them."""

    def __init__(self, hidden, inner, heads, epsilon):
        super().__init__()
        self.norm1 = nn.LayerNorm(hidden, epsilon)
        self.attn = VisionAttention(hidden, heads)
        self.ls1 = nn.Parameter(torch.full((hidden,), 0.5))
        self.norm2 = nn.LayerNorm(hidden, epsilon)
        self.mlp = VisionMLP(hidden, inner)
        self.ls2 = nn.Parameter(torch.full((hidden,), 0.5))

    def forward(self, x):
        x = x + self.attn(self.norm1(x)) * self.ls1
        return x + self.mlp(self.norm2(x)) * self.ls2


class VisionModel(nn.Module):
    """uint8 tiles [n, 112, 112, 3] -> [n, 64, hidden], the class token dropped."""

    def __init__(self, hidden, inner, layers, heads, epsilon):
        super().__init__()
        self.embeddings = Embeddings(hidden)
        self.encoder = nn.Module()
        self.encoder.layers = nn.ModuleList(
            VisionLayer(hidden, inner, heads, epsilon) for _ in range(layers))

    def forward(self, tiles):
        pixels = tiles.permute(0, 3, 1, 2).to(torch.float32) / 255
        mean = torch.tensor(MEAN).view(1, 3, 1, 1)
        std = torch.tensor(STD).view(1, 3, 1, 1)
        x = self.embeddings((pixels - mean) / std)
        for layer in self.encoder.layers:
            x = layer(x)
        return x[:, 1:]


class Attention(nn.Module):
    """Causal attention with grouped heads and rotary positions."""

    def __init__(self, hidden, heads, kv_heads):
        super().__init__()
        self.width = hidden // heads
        self.group = heads // kv_heads
        self.q_proj = nn.Linear(hidden, heads * self.width)
        self.k_proj = nn.Linear(hidden, kv_heads * self.width)
        self.v_proj = nn.Linear(hidden, kv_heads * self.width)
        self.o_proj = nn.Linear(heads * self.width, hidden, bias=False)

    def forward(self, x, cos, sin):
        n, tokens, hidden = x.shape
        q, k, v = (
            project(x).view(n, tokens, -1, self.width).transpose(1, 2)
            for project in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = k.repeat_interleave(self.group, 1), v.repeat_interleave(self.group, 1)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.o_proj(out.transpose(1, 2).reshape(n, tokens, hidden))


def rotate(x, cos, sin):
    """Rotary positions: the first half of a head's width turns with the second half."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class MLP(nn.Module):
    """The gated MLP of Qwen2."""

    def __init__(self, hidden, inner):
        super().__init__()
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class DecoderLayer(nn.Module):
    """Attention and MLP, each after a root-mean-square norm."""

    def __init__(self, hidden, inner, heads, kv_heads, epsilon):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(hidden, epsilon)
        self.self_attn = Attention(hidden, heads, kv_heads)
        self.post_attention_layernorm = nn.RMSNorm(hidden, epsilon)
        self.mlp = MLP(hidden, inner)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class LanguageModel(nn.Module):
    """The layers of Qwen2ForCausalLM, from embeddings to the last norm."""

    def __init__(self, vocabulary, hidden, inner, layers, heads, kv_heads, epsilon, theta):
        super().__init__()
        width = hidden // heads
        self.frequencies = theta ** (-torch.arange(0, width, 2) / width)
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(vocabulary, hidden)
        self.model.layers = nn.ModuleList(
            DecoderLayer(hidden, inner, heads, kv_heads, epsilon) for _ in range(layers))
        self.model.norm = nn.RMSNorm(hidden, epsilon)
        self.lm_head = nn.Linear(hidden, vocabulary, bias=False)

    def forward(self, embeds):
        angles = torch.arange(embeds.shape[1])[:, None] * self.frequencies
        cos, sin = angles.cos(), angles.sin()
        x = embeds
        for layer in self.model.layers:
            x = layer(x, cos, sin)
        return self.model.norm(x)


class InternVL(nn.Module):
    """Vision tower, projector (`mlp1`) and language model."""

    def __init__(self, vocabulary):
        super().__init__()
        self.vision_model = VisionModel(**VISION)
        joined, hidden = 4 * VISION["hidden"], LANGUAGE["hidden"]
        self.mlp1 = nn.Sequential(
            nn.LayerNorm(joined), nn.Linear(joined, hidden), nn.GELU(), nn.Linear(hidden, hidden))
        self.language_model = LanguageModel(vocabulary, **LANGUAGE)

    def image_features(self, tiles):
        """uint8 tiles [n, 112, 112, 3] -> [n, 16, LLM hidden]."""
        x = self.vision_model(tiles)
        n, half = x.shape[0], SIDE // 2
        x = x.view(n, half, 2, half, 2, -1).permute(0, 1, 3, 2, 4, 5)
        return self.mlp1(x.reshape(n, half * half, -1))

    def hidden_states(self, ids, features, context_id):
        """Last hidden states [n, tokens, hidden] of prompts with their image features."""
        embeds = self.language_model.model.embed_tokens(ids)
        slots = (ids == context_id).unsqueeze(-1)
        embeds = embeds.masked_scatter(slots, features)
        return self.language_model(embeds)


def initialise(model):
    """Draws the starting weights; call with a seeded torch generator."""
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.7 * module.in_features ** -0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Conv2d):
            fan_in = module.weight[0].numel()
            nn.init.normal_(module.weight, std=fan_in ** -0.5)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.3)
