"""config.json files old and new, and what transformers 5.24.0 makes of them: golden/configurations.json.

    python References/checkpoint/configurations.py          makes it
    python References/checkpoint/configurations.py FILE     checks that the list of configurations that emlab wrote
                                                            (EMLAB_KEEP) means the same
"""

import json
import pathlib
import sys

from transformers import AutoConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

GOLDEN = pathlib.Path(__file__).parent / "golden"
LLAMA3 = {
    "factor": 32.0, "high_freq_factor": 4.0, "low_freq_factor": 1.0, "original_max_position_embeddings": 8192,
    "rope_type": "llama3",
}
SMALL = {"hidden_size": 64, "num_hidden_layers": 8, "num_attention_heads": 4}
INPUTS = [
    {"model_type": "llama"},
    {"model_type": "llama", **SMALL, "num_key_value_heads": None, "rms_norm_eps": 1e-05, "tie_word_embeddings": True},
    {"model_type": "llama", **SMALL, "head_dim": 32, "rope_theta": 500000.0, "rope_scaling": LLAMA3},
    {"model_type": "llama", **SMALL, "rope_parameters": {**LLAMA3, "rope_theta": 500000.0}},
    {"model_type": "llama", **SMALL, "rope_theta": 100000, "rope_scaling": {"type": "linear", "factor": 4.0}},
    {"model_type": "llama", **SMALL, "rope_theta": 1e6, "rope_scaling": None, "head_dim": None},
    {"model_type": "mistral"},
    {"model_type": "mistral", **SMALL, "sliding_window": None, "num_key_value_heads": 2, "rope_theta": 1e6},
    {"model_type": "mistral", **SMALL, "num_key_value_heads": 4, "sliding_window": 128, "head_dim": 128},
    {"model_type": "qwen2"},
    {"model_type": "qwen2", **SMALL, "num_key_value_heads": 2, "use_sliding_window": False, "sliding_window": 32},
    {
        "model_type": "qwen2", **SMALL, "num_key_value_heads": 2, "use_sliding_window": True, "sliding_window": 32,
        "max_window_layers": 5, "tie_word_embeddings": True, "rope_theta": 1000000.0,
    },
    {"model_type": "qwen2", **SMALL, "num_key_value_heads": None, "layer_types": ["full_attention"] * 8},
    {"model_type": "qwen3"},
    {"model_type": "qwen3", **SMALL, "num_key_value_heads": 2, "rope_parameters": {"rope_type": "default", "rope_theta": 5e5}},
    {"model_type": "gemma3_text"},
    {
        "model_type": "gemma3_text", **SMALL, "num_key_value_heads": 1, "head_dim": 16, "sliding_window": 512,
        "sliding_window_pattern": 3, "rope_theta": 1000000.0, "rope_local_base_freq": 5000.0,
        "query_pre_attn_scalar": 168, "final_logit_softcapping": 30.0, "attn_logit_softcapping": 50.0,
        "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
    },
    {
        "model_type": "gemma3_text", **SMALL, "num_key_value_heads": 1,
        "layer_types": ["sliding_attention", "full_attention"] * 4,
        "rope_parameters": {
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 2e6},
            "sliding_attention": {"rope_type": "default", "rope_theta": 3e4},
        },
        "tie_word_embeddings": False,
    },
    {
        "model_type": "gemma3", "vision_config": {"hidden_size": 32, "model_type": "siglip_vision_model"},
        "text_config": {
            "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024,
        },
    },
]
KEYS = [
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "rms_norm_eps", "max_position_embeddings", "sliding_window", "layer_types",
    "rope_parameters", "query_pre_attn_scalar", "final_logit_softcapping", "attn_logit_softcapping",
]


def resolve(given: dict) -> dict:
    # A deep copy: transformers edits nested dictionaries in place.
    given = json.loads(json.dumps(given))
    config = CONFIG_MAPPING[given["model_type"]].from_dict(given)
    text = config.get_text_config()
    resolved = {key: getattr(text, key, None) for key in KEYS}
    resolved["head_dim"] = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    resolved["activation"] = getattr(text, "hidden_act", None) or text.hidden_activation
    resolved["tie_word_embeddings"] = config.tie_word_embeddings
    return resolved


def main() -> None:
    golden = [{"given": given, "resolved": resolve(given)} for given in INPUTS]
    if sys.argv[1:]:
        for written, case in zip(json.loads(pathlib.Path(sys.argv[1]).read_text()), golden, strict=True):
            found = resolve(written)
            different = {key for key in found if found[key] != case["resolved"][key]}
            print(written["model_type"], "differs in" if different else "is the same", *different)
            for key in different:
                print("   ", key, found[key], case["resolved"][key])
        return
    (GOLDEN / "configurations.json").write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
