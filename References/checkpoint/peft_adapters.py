"""Adapters made by PEFT 0.21.2, with the rank and scale it gives each module: golden/adapters/*.

    python References/checkpoint/peft_adapters.py            makes them
    python References/checkpoint/peft_adapters.py DIR ...    checks that PEFT loads adapters for the same base that
                                                             emlab wrote (its tests keep them with EMLAB_KEEP=DIR)
"""

import json
import pathlib
import shutil
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file
from transformers import LlamaConfig, LlamaForCausalLM

GOLDEN = pathlib.Path(__file__).parent / "golden" / "adapters"
BASE = LlamaConfig(
    vocab_size=32, hidden_size=8, intermediate_size=12, num_hidden_layers=3, num_attention_heads=2,
    num_key_value_heads=1,
)
CASES = {
    "rank1-mlp": dict(r=1, lora_alpha=64, target_modules=["gate_proj", "up_proj", "down_proj"]),
    "patterns": dict(
        r=4, lora_alpha=8, use_rslora=True, target_modules=["q_proj", "mlp.down_proj"], layers_to_transform=[0, 2],
        rank_pattern={"down_proj": 2, r"layers\.[01]\.self_attn.q_proj": 3}, alpha_pattern={"0.mlp.down_proj": 5},
        lora_dropout=0.25,
    ),
    "regex": dict(r=2, lora_alpha=4, target_modules=r".*\.layers\.(1|2)\.(?:mlp|self_attn)\.(down|v|o)_proj"),
    "all-linear": dict(r=2, lora_alpha=3, use_rslora=True, target_modules="all-linear"),
    "one-layer": dict(r=1, lora_alpha=256, target_modules=["model.layers.1.mlp.down_proj"]),
}


def base() -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(BASE)


def modules(model: PeftModel) -> dict:
    return {
        name.removeprefix("base_model.model."): {
            "rank": module.r["default"],
            "scale": module.scaling["default"],
            "a": module.lora_A["default"].weight.flatten().tolist(),
            "b": module.lora_B["default"].weight.flatten().tolist(),
        }
        for name, module in model.named_modules()
        if isinstance(module, LoraLayer)
    }


def make() -> None:
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name, settings in CASES.items():
        model = get_peft_model(base(), LoraConfig(task_type="CAUSAL_LM", **settings))
        generator = torch.Generator().manual_seed(1)
        for key, parameter in model.named_parameters():
            if "lora_" in key:
                # Few digits, so that the expected values stay short and exact.
                values = torch.randint(-64, 64, parameter.shape, generator=generator) / 64
                parameter.data.copy_(values)
        folder = GOLDEN / name
        model.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        if isinstance(settings["target_modules"], str):
            # PEFT resolves "all-linear" before it saves; the word itself occurs in files of others.
            path = folder / "adapter_config.json"
            config = json.loads(path.read_text()) | {"target_modules": settings["target_modules"]}
            path.write_text(json.dumps(config, indent=2, sort_keys=True))
        (folder / "expected.json").write_text(json.dumps(modules(model), sort_keys=True) + "\n")


def check(folder: pathlib.Path) -> None:
    model = PeftModel.from_pretrained(base(), folder)
    stored = load_file(folder / "adapter_model.safetensors")
    found = modules(model)
    assert len(stored) == 2 * len(found) > 0, (len(stored), len(found))
    for name, module in found.items():
        for letter in "AB":
            tensor = stored[f"base_model.model.{name}.lora_{letter}.weight"]
            assert tensor.dtype == torch.float32
            assert tensor.flatten().tolist() == module[letter.lower()], name
    expected = json.loads((GOLDEN / folder.name / "expected.json").read_text())
    assert found == expected, "differs from the adapter that it was made from"
    print(folder.name, "loads in PEFT:", len(found), "modules, all weights and scales equal")


if __name__ == "__main__":
    if sys.argv[1:]:
        for argument in sys.argv[1:]:
            check(pathlib.Path(argument))
    else:
        make()
