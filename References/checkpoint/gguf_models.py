"""Small seeded models written as GGUF the way llama.cpp's converter does, and the weights that they must have.

The expected weights are the original Hugging Face ones where the file stores them exactly (F32, F16, BF16) and gguf's
dequantisation of them otherwise: golden/gguf/*.gguf and golden/gguf/expected.json (SHA-256 of float32 bytes).
Needs torch 2.13.0, transformers 5.24.0, gguf 0.19.0.
"""

import hashlib
import json
import pathlib

import gguf
import numpy as np
import torch
from gguf.quants import dequantize, quantize
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers import (
    Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
    Qwen3ForCausalLM,
)

GOLDEN = pathlib.Path(__file__).parent / "golden" / "gguf"
SMALL = dict(vocab_size=20, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4)
CASES = {
    "llama": (LlamaForCausalLM, LlamaConfig(**SMALL, num_key_value_heads=2, tie_word_embeddings=True), "Q8_0"),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**SMALL, num_key_value_heads=2, rope_theta=1e6), "F16"),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config(**SMALL, num_key_value_heads=1, head_dim=16), "BF16"),
    "gemma3": (
        Gemma3ForCausalLM,
        Gemma3TextConfig(**SMALL, num_key_value_heads=1, head_dim=16, sliding_window=8, query_pre_attn_scalar=16),
        "F32",
    ),
}
NAMES = {
    "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
}
GEMMA_NAMES = NAMES | {
    "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm",
}


def gguf_name(name: str, family: str) -> str:
    top = {
        "model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
        "lm_head.weight": "output.weight",
    }
    if name in top:
        return top[name]
    _, _, layer, rest = name.split(".", 3)
    module, kind = rest.rsplit(".", 1)
    return f"blk.{layer}.{(GEMMA_NAMES if family == 'gemma3' else NAMES)[module]}.{kind}"


def permute(weights: np.ndarray, heads: int) -> np.ndarray:
    return weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def unpermute(weights: np.ndarray, heads: int) -> np.ndarray:
    return weights.reshape(heads, weights.shape[0] // heads // 2, 2, *weights.shape[1:]).swapaxes(1, 2).reshape(weights.shape)


def llama3_factors(base: float, width: int, factor=8.0, low=1.0, high=4.0, positions=8192) -> np.ndarray:
    """llama.cpp's rope_freqs.weight for Llama 3.1, from transformers' own frequencies."""
    config = LlamaConfig(
        **SMALL, head_dim=width, max_position_embeddings=131072,
        rope_parameters={
            "rope_type": "llama3", "rope_theta": base, "factor": factor, "low_freq_factor": low,
            "high_freq_factor": high, "original_max_position_embeddings": positions,
        },
    )
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = 1.0 / (base ** (np.arange(0, width, 2, dtype=np.float64) / width))
    return (plain / scaled.double().numpy()).astype(np.float32)


def main() -> None:
    GOLDEN.mkdir(parents=True, exist_ok=True)
    expected = {}
    for family, (kind, config, quantised) in CASES.items():
        torch.manual_seed(7)
        model = kind(config)
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                # Norms and biases begin as ones and zeros, which would hide mistakes.
                if parameter.dim() == 1:
                    parameter.copy_(torch.randn_like(parameter))
                if quantised in ("F16", "BF16"):
                    parameter.copy_(parameter.to({"F16": torch.float16, "BF16": torch.bfloat16}[quantised]))
        writer = gguf.GGUFWriter(GOLDEN / f"{family}.gguf", family)
        writer.add_block_count(config.num_hidden_layers)
        writer.add_context_length(128)
        writer.add_embedding_length(config.hidden_size)
        writer.add_feed_forward_length(config.intermediate_size)
        writer.add_head_count(config.num_attention_heads)
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(1e-6)
        writer.add_rope_freq_base(1e6)
        if family in ("qwen3", "gemma3"):
            writer.add_key_length(16)
            writer.add_value_length(16)
        if family == "gemma3":
            writer.add_sliding_window(8)
        if family == "qwen2":
            writer.add_tensor("rope_freqs.weight", np.array([1, 2, 4, 8], np.float32))
        if family == "llama":
            writer.add_tensor("rope_freqs.weight", llama3_factors(1e6, 8))
        expected[family] = {}
        for name, parameter in model.named_parameters():
            weights = parameter.detach().numpy()
            is_permuted = family == "llama" and any(part in name for part in ("q_proj", "k_proj"))
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            stored = permute(weights, heads) if is_permuted else weights
            if family == "gemma3" and name.endswith("norm.weight"):
                stored = stored + np.float32(1)
                weights = stored - np.float32(1)
            if weights.ndim == 1:
                writer.add_tensor(gguf_name(name, family), stored)
            else:
                number = gguf.GGMLQuantizationType[quantised]
                data = quantize(stored, number)
                writer.add_tensor(gguf_name(name, family), data, raw_dtype=number)
                weights = dequantize(data, number)
                weights = unpermute(weights, heads) if is_permuted else weights
                assert quantised == "Q8_0" or (weights == parameter.detach().numpy()).all()
            flat = np.ascontiguousarray(weights, dtype="<f4")
            expected[family][name] = hashlib.sha256(flat.tobytes()).hexdigest()
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    (GOLDEN / "expected.json").write_text(json.dumps(expected, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
