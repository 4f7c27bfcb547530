"""The tiny models of every family: what each one's configuration has that the others don't.

A model here is a configuration and a seed. Its weights are random, but scaled so that nothing is trivial: logits
spread by 1 to 3, attention is far from uniform, no norm's weight is 1 everywhere and no bias is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

VOCABULARY = 160


@dataclass(frozen=True)
class Family:
    """One tiny model.

    name: folder under Tests/Fixtures/models. seed: of its weights. configuration: what transformers is given.
    adapted_layers: the subset that the all-linear adapter lives on; its lowest is never 0, so that a trainer which
    differentiates below the lowest adapted layer is merely slow, and one which stops too early is found out.
    hub_style: config.json is rewritten with the keys that published models carry (rope_theta, rope_scaling,
    rope_local_base_freq, sliding_window_pattern) in place of transformers 5's rope_parameters and layer_types.
    caps_attention: attention scores are soft-capped. transformers 5.24 reads attn_logit_softcapping for Gemma 3 but
    never applies it; the reference then runs transformers' own eager function with the cap passed in.
    """

    name: str
    seed: int
    model_class: type
    configuration: object
    adapted_layers: tuple[int, ...]
    hub_style: bool = False
    caps_attention: bool = False
    hub_keys: dict = field(default_factory=dict)


def _sizes(**overrides) -> dict:
    sizes = dict(
        vocab_size=VOCABULARY,
        hidden_size=48,
        intermediate_size=88,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        rms_norm_eps=1e-5,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
        tie_word_embeddings=False,
    )
    return sizes | overrides


def _rope(theta: float, **scaling) -> dict:
    return {"rope_type": "default", "rope_theta": theta} | scaling


def _gemma(**overrides) -> Gemma3TextConfig:
    # Hidden over heads is 20, not head_dim; global layers among local ones; the two kinds rotate differently.
    sizes = _sizes(
        hidden_size=40,
        intermediate_size=72,
        num_hidden_layers=6,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=24,
        rms_norm_eps=1e-6,
        tie_word_embeddings=True,
        hidden_activation="gelu_pytorch_tanh",
        query_pre_attn_scalar=20,
        sliding_window=8,
        sliding_window_pattern=3,
        rope_theta=1_000_000.0,
        rope_local_base_freq=10_000.0,
    )
    return Gemma3TextConfig(**(sizes | overrides))


_GEMMA_HUB_KEYS = dict(
    rope_theta=1_000_000.0, rope_local_base_freq=10_000.0, rope_scaling=None, sliding_window_pattern=3
)

_LLAMA3_SCALING = dict(
    rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=16
)

FAMILIES: list[Family] = [
    Family(
        "llama",
        seed=101,
        model_class=LlamaForCausalLM,
        configuration=LlamaConfig(**_sizes(num_key_value_heads=4, rope_parameters=_rope(10_000.0))),
        adapted_layers=(1, 2),
        hub_style=True,
        hub_keys=dict(rope_theta=10_000.0, rope_scaling=None),
    ),
    Family(
        # Original context of 16 tokens and a small theta: of the six frequencies some are kept, some blended, some
        # divided by 8, and the sequences are longer than the original context.
        "llama3-scaled",
        seed=102,
        model_class=LlamaForCausalLM,
        configuration=LlamaConfig(**_sizes(rope_parameters=_rope(500.0) | _LLAMA3_SCALING)),
        adapted_layers=(1, 2),
        hub_style=True,
        hub_keys=dict(rope_theta=500.0, rope_scaling=_LLAMA3_SCALING),
    ),
    Family(
        # SmolLM2's shape: three query heads on one key/value head, tied head.
        "smollm",
        seed=103,
        model_class=LlamaForCausalLM,
        configuration=LlamaConfig(
            **_sizes(
                num_attention_heads=3,
                num_key_value_heads=1,
                intermediate_size=96,
                tie_word_embeddings=True,
                rope_parameters=_rope(100_000.0),
            )
        ),
        adapted_layers=(1,),
    ),
    Family(
        "qwen2",
        seed=104,
        model_class=Qwen2ForCausalLM,
        configuration=Qwen2Config(
            **_sizes(rms_norm_eps=1e-6, use_sliding_window=False, rope_parameters=_rope(1_000_000.0))
        ),
        adapted_layers=(1, 2),
        hub_style=True,
        hub_keys=dict(rope_theta=1_000_000.0, use_sliding_window=False, sliding_window=8, max_window_layers=2),
    ),
    Family(
        "qwen3",
        seed=105,
        model_class=Qwen3ForCausalLM,
        configuration=Qwen3Config(
            **_sizes(
                head_dim=16,
                intermediate_size=80,
                rms_norm_eps=1e-6,
                tie_word_embeddings=True,
                use_sliding_window=False,
                rope_parameters=_rope(1_000_000.0),
            )
        ),
        adapted_layers=(1, 2),
    ),
    Family(
        # A query sees itself and the 7 tokens before it; both sequences are longer.
        "mistral",
        seed=106,
        model_class=MistralForCausalLM,
        configuration=MistralConfig(**_sizes(sliding_window=8, rope_parameters=_rope(10_000.0))),
        adapted_layers=(1, 2),
        hub_style=True,
        hub_keys=dict(rope_theta=10_000.0),
    ),
    Family(
        "gemma3",
        seed=107,
        model_class=Gemma3ForCausalLM,
        configuration=_gemma(),
        adapted_layers=(2, 5),
        hub_style=True,
        hub_keys=_GEMMA_HUB_KEYS,
    ),
    Family(
        "gemma3-softcap",
        seed=108,
        model_class=Gemma3ForCausalLM,
        configuration=_gemma(num_hidden_layers=3, final_logit_softcapping=3.0, attn_logit_softcapping=2.0),
        adapted_layers=(1, 2),
        caps_attention=True,
    ),
    Family(
        # Gemma 3's 4B and larger scale the global layers' positions linearly; the local ones stay.
        "gemma3-linear",
        seed=109,
        model_class=Gemma3ForCausalLM,
        configuration=_gemma(num_hidden_layers=3, rope_scaling={"rope_type": "linear", "factor": 8.0}),
        adapted_layers=(1, 2),
        hub_style=True,
        hub_keys=_GEMMA_HUB_KEYS | dict(rope_scaling={"rope_type": "linear", "factor": 8.0}),
    ),
]


def build(family: Family) -> torch.nn.Module:
    """The family's model in float32 with its seeded weights."""
    model = family.model_class(family.configuration).float().eval()
    generator = torch.Generator().manual_seed(family.seed)
    tied = family.configuration.tie_word_embeddings
    width = family.configuration.hidden_size
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if name.endswith("norm.weight"):
                # Gemma multiplies by 1 + w, everyone else by w.
                low = -0.4 if "Gemma" in type(model).__name__ else 0.6
                weight.uniform_(low, low + 0.8, generator=generator)
            elif name.endswith(".bias"):
                weight.normal_(0, 0.3, generator=generator)
            elif "embed_tokens" in name:
                weight.normal_(0, 2 / width**0.5 if tied else 1, generator=generator)
            else:
                fan_in = weight.shape[1]
                gain = 2.0 if "lm_head" in name else 1.4 if ("q_proj" in name or "k_proj" in name) else 1.0
                weight.normal_(0, gain / fan_in**0.5, generator=generator)
    return model
