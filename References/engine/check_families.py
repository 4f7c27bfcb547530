"""Shows that what a family has for itself is seen in its goldens: each feature switched off moves the logits.

Also loads every committed adapter with PEFT anew and compares its logits with the golden ones.

    python References/engine/check_families.py
"""

import sys

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.utils import logging

from families import FAMILIES, Family
from make_engine_goldens import FIXTURES, load, logits_of

ORDINARY = {"rope_type": "default", "rope_theta": 500.0}
LOCAL = {"rope_type": "default", "rope_theta": 10_000.0}
GLOBAL = {"rope_type": "default", "rope_theta": 1_000_000.0}
WITHOUT = {
    "llama3-scaled": {"rope_parameters": ORDINARY},
    "mistral": {"sliding_window": None},
    "gemma3": {"sliding_window": 200},
    "gemma3-softcap": {"final_logit_softcapping": None},
    "gemma3-linear": {"rope_parameters": {"full_attention": GLOBAL, "sliding_attention": LOCAL}},
}
ALSO_WITHOUT = {
    "gemma3": [
        {"rope_parameters": {"full_attention": GLOBAL, "sliding_attention": GLOBAL}},
        {"layer_types": ["sliding_attention"] * 6},
        {"query_pre_attn_scalar": 24},
        {"hidden_activation": "silu"},
    ],
    "gemma3-softcap": [{"attn_logit_softcapping": None}],
}


def moved(family: Family, change: dict, golden: torch.Tensor, ids: torch.Tensor) -> float:
    folder = FIXTURES / "models" / family.name
    configuration = AutoConfig.from_pretrained(folder)
    for key, value in change.items():
        setattr(configuration, key, value)
    attention = "soft_capped_eager" if family.caps_attention else "eager"
    model = AutoModelForCausalLM.from_pretrained(
        folder, config=configuration, dtype=torch.float32, attn_implementation=attention
    ).eval()
    return (logits_of(model, ids) - golden).abs().max().item()


def main() -> int:
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    failures = 0
    for family in FAMILIES:
        golden = load_file(FIXTURES / "engine" / f"{family.name}.safetensors")
        ids = golden["ids.1"].long()
        again = (logits_of(load(family, torch.float32), ids) - golden["logits.1"]).abs().max().item()
        failures += again > 1e-5
        print(f"{family.name:15} as committed: {again:.1e}")
        changes = [WITHOUT[family.name]] if family.name in WITHOUT else []
        for change in changes + ALSO_WITHOUT.get(family.name, []):
            difference = moved(family, change, golden["logits.1"], ids)
            failures += difference < 1e-2
            print(f"{'':15} with {change}: {difference:.2f}")
        for case in ("mlp-r1", "all-r4"):
            adapter = FIXTURES / "adapters" / f"{family.name}-{case}"
            adapted = PeftModel.from_pretrained(load(family, torch.float32), adapter).eval()
            again = (logits_of(adapted, ids) - golden[f"{case}.logits.1"]).abs().max().item()
            failures += again > 1e-5
            print(f"{'':15} {case} from its folder: {again:.1e}")
    print("good" if failures == 0 else f"{failures} not as they should be")
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
