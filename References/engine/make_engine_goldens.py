"""Writes Tests/Fixtures/engine/<family>.safetensors and Tests/Fixtures/adapters/<family>-{mlp-r1,all-r4}/.

Run after make_models.py: the models are loaded from their folders, so a golden belongs to the committed weights.
What the tensors are called is said in References/README.md.

    python References/engine/make_engine_goldens.py [family …]
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AttentionInterface, AutoModelForCausalLM
from transformers.models.gemma3.modeling_gemma3 import eager_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, AttentionMaskInterface
from transformers.utils import logging

from families import FAMILIES, VOCABULARY, Family
from formula_adapter import canonical

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"
LENGTHS = (23, 37)
MLP = ["gate_proj", "up_proj", "down_proj"]
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", *MLP]


def soft_capped_eager(module, query, key, value, attention_mask, **kwargs):
    kwargs["softcap"] = module.attn_logit_softcapping
    return eager_attention_forward(module, query, key, value, attention_mask, **kwargs)


AttentionInterface.register("soft_capped_eager", soft_capped_eager)
AttentionMaskInterface.register("soft_capped_eager", ALL_MASK_ATTENTION_FUNCTIONS["eager"])


def load(family: Family, dtype: torch.dtype) -> torch.nn.Module:
    attention = "soft_capped_eager" if family.caps_attention else "eager"
    folder = FIXTURES / "models" / family.name
    return AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation=attention).eval()


def sequences(family: Family) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
    """Token ids of two rows, and 1 where a token is a label: one answer in the first row, two in the second."""
    generator = torch.Generator().manual_seed(family.seed + 1000)
    ids = [torch.randint(3, VOCABULARY, (length,), generator=generator) for length in LENGTHS]
    weights = [torch.zeros(length) for length in LENGTHS]
    weights[0][9:18] = 1
    weights[1][12:20] = 1
    weights[1][27:] = 1
    return ids, weights


def logits_of(model, ids: torch.Tensor) -> torch.Tensor:
    return model(input_ids=ids[None]).logits[0]


def logprobs_of(logits: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
    """[T - 1]: entry t is the log-probability of token t + 1 after tokens 0…t."""
    return logits[:-1].float().log_softmax(-1).gather(-1, ids[1:, None])[:, 0]


def supervised_loss(logprobs: list[torch.Tensor], weights: list[torch.Tensor]) -> torch.Tensor:
    """Mean over the labelled tokens of all rows together."""
    total = sum((logprob * weight[1:]).sum() for logprob, weight in zip(logprobs, weights))
    return -total / sum(weight[1:].sum() for weight in weights)


def adapter_settings(family: Family) -> dict[str, LoraConfig]:
    return {
        "mlp-r1": LoraConfig(r=1, lora_alpha=16, lora_dropout=0.0, target_modules=MLP, task_type="CAUSAL_LM"),
        "all-r4": LoraConfig(
            r=4,
            lora_alpha=8,
            lora_dropout=0.0,
            use_rslora=True,
            target_modules=ALL_LINEAR,
            layers_to_transform=list(family.adapted_layers),
            task_type="CAUSAL_LM",
        ),
    }


def randomise(model: PeftModel, seed: int) -> None:
    """A as large as PEFT's initialisation makes it, B not zero: an adapter that changes the logits visibly."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if "lora_A" in name:
                weight.normal_(0, 1 / weight.shape[1] ** 0.5, generator=generator)
            elif "lora_B" in name:
                weight.normal_(0, 0.04, generator=generator)


def save_adapter(model: PeftModel, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / "adapter_config.json"
    settings = json.loads(file.read_text())
    settings["target_modules"] = sorted(settings["target_modules"])  # a set: its order changes from run to run
    settings["base_model_name_or_path"] = ""
    file.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")




def golden(family: Family) -> dict[str, torch.Tensor]:
    ids, weights = sequences(family)
    out: dict[str, torch.Tensor] = {}
    model = load(family, torch.float32)
    bfloat16 = load(family, torch.bfloat16)
    with torch.no_grad():
        logprobs = []
        for row, tokens in enumerate(ids):
            logits = logits_of(model, tokens)
            logprobs.append(logprobs_of(logits, tokens))
            out[f"ids.{row}"] = tokens.int()
            out[f"weights.{row}"] = weights[row]
            out[f"logits.{row}"] = logits
            out[f"logits.bfloat16.{row}"] = logits_of(bfloat16, tokens).float()
            out[f"logprobs.{row}"] = logprobs[row]
        out["loss"] = supervised_loss(logprobs, weights)[None]
        # The last entry of transformers' list is the final norm's output, not the last layer's: hooks see the layers.
        states: list[torch.Tensor] = []
        hooks = [
            layer.register_forward_hook(lambda _, __, output: states.append(output[0]))
            for layer in model.model.layers
        ]
        embedded = model(input_ids=ids[0][None], output_hidden_states=True).hidden_states
        for hook in hooks:
            hook.remove()
        out["hidden.embedding"] = embedded[0][0]
        for index, state in enumerate(states):
            out[f"hidden.layer.{index}"] = state
        out["hidden.norm"] = embedded[-1][0]

    for offset, (case, settings) in enumerate(adapter_settings(family).items()):
        adapted = get_peft_model(load(family, torch.float32), settings)
        randomise(adapted, family.seed + 2000 + offset)
        save_adapter(adapted, FIXTURES / "adapters" / f"{family.name}-{case}")
        logprobs = []
        for row, tokens in enumerate(ids):
            logits = logits_of(adapted, tokens)
            logprobs.append(logprobs_of(logits, tokens))
            out[f"{case}.logits.{row}"] = logits.detach()
        loss = supervised_loss(logprobs, weights)
        loss.backward()
        out[f"{case}.loss"] = loss.detach()[None]
        for name, parameter in adapted.named_parameters():
            if parameter.requires_grad:
                out[f"{case}.{canonical(name)}"] = parameter.detach()
                out[f"{case}.grad.{canonical(name)}"] = parameter.grad
    return {name: tensor.contiguous() for name, tensor in sorted(out.items())}


def report(family: Family, out: dict[str, torch.Tensor]) -> None:
    logits = out["logits.1"]
    moved = {case: (out[f"{case}.logits.1"] - logits).abs().mean().item() for case in ("mlp-r1", "all-r4")}
    gradients = [tensor.norm().item() for name, tensor in out.items() if ".grad." in name]
    print(
        f"{family.name:15} logits std {logits.std():.2f}, "
        f"bf16 off by {(out['logits.bfloat16.1'] - logits).abs().max():.3f}, "
        f"adapters move them by {moved['mlp-r1']:.3f} {moved['all-r4']:.3f}, loss {out['loss'].item():.4f} "
        f"{out['mlp-r1.loss'].item():.4f} {out['all-r4.loss'].item():.4f}, "
        f"gradient norms {min(gradients):.1e}…{max(gradients):.1e}"
    )


def main() -> None:
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    (FIXTURES / "engine").mkdir(parents=True, exist_ok=True)
    for family in FAMILIES:
        if len(sys.argv) > 1 and family.name not in sys.argv[1:]:
            continue
        out = golden(family)
        save_file(out, FIXTURES / "engine" / f"{family.name}.safetensors", metadata={"format": "pt"})
        report(family, out)


if __name__ == "__main__":
    main()
