"""Writes Tests/Fixtures/engine/dpo-<family>.safetensors: DPO of the tiny models, adapter against no adapter.

Two pairs a family. Every sequence goes through the model alone (prompt and answer, nothing padded); TRL's DPOTrainer is
run on the same pairs in one padded batch and has to give the same loss, rewards and gradients. Names of the tensors are
in References/README.md.

    python References/engine/make_dpo_goldens.py [family …]
"""

from __future__ import annotations

import sys

import torch
from peft import PeftModel
from safetensors.torch import save_file
from torch.nn.functional import logsigmoid
from transformers.utils import logging
from trl.trainer.utils import add_fused_lm_head

from families import FAMILIES, VOCABULARY, Family
from formula_adapter import canonical
from make_engine_goldens import FIXTURES, load, logits_of, logprobs_of
from trl_preference import of_model

BETA = 0.1
CASES = ("mlp-r1", "all-r4")
CHOSEN = ("llama", "qwen3", "mistral", "gemma3", "gemma3-softcap")
# Prompt, chosen, rejected: answers longer and shorter than each other, one of a single token, and prompts and answers
# longer than the windows of mistral and gemma3 (8).
LENGTHS = ((11, 9, 5), (19, 1, 14))
SHARED = 2  # first tokens that both answers of pair 0 have in common
TOLERANCE = 1e-5


def pairs_of(family: Family) -> list[dict[str, torch.Tensor]]:
    generator = torch.Generator().manual_seed(family.seed + 3000)
    pairs = []
    for lengths in LENGTHS:
        ids = [torch.randint(3, VOCABULARY, (length,), generator=generator) for length in lengths]
        pairs.append(dict(zip(("prompt", "chosen", "rejected"), ids)))
    pairs[0]["rejected"][:SHARED] = pairs[0]["chosen"][:SHARED]
    return pairs


def answer_logprobs(model, pair: dict[str, torch.Tensor], which: str) -> torch.Tensor:
    """[answer's tokens]: log-probability of each after the prompt and the tokens before it."""
    ids = torch.cat([pair["prompt"], pair[which]])
    return logprobs_of(logits_of(model, ids), ids)[len(pair["prompt"]) - 1 :]


def adapted(family: Family, case: str, fused: bool = False) -> PeftModel:
    model = load(family, torch.float32)
    if fused:
        add_fused_lm_head(model, outputs=("log_probs", "entropy", "mean_logits", "is_top1"))
    folder = FIXTURES / "adapters" / f"{family.name}-{case}"
    return PeftModel.from_pretrained(model, folder, is_trainable=True)


def gradients(model) -> dict[str, torch.Tensor]:
    return {canonical(name): weight.grad for name, weight in model.named_parameters() if weight.requires_grad}


def against_trl(family: Family, case: str, pairs: list[dict], out: dict[str, torch.Tensor]) -> float:
    """How far TRL's numbers are from the golden's: loss and rewards absolutely, gradients by their norm."""
    model = adapted(family, case, fused=True)
    rows = [{f"{part}_ids": ids.tolist() for part, ids in pair.items()} for pair in pairs]
    loss, metrics = of_model(model, rows, "sigmoid", BETA)
    loss.backward()
    apart = [abs(loss.item() - out[f"{case}.loss"].item())]
    for which in ("chosen", "rejected"):
        apart.append(abs(metrics[f"rewards/{which}"] - out[f"{case}.rewards.{which}"].mean().item()))
    for name, gradient in gradients(model).items():
        golden = out[f"{case}.grad.{name}"]
        apart.append(((gradient - golden).norm() / golden.norm()).item())
    return max(apart)


def golden(family: Family) -> dict[str, torch.Tensor]:
    pairs = pairs_of(family)
    out: dict[str, torch.Tensor] = {}
    for number, pair in enumerate(pairs):
        out |= {f"ids.{part}.{number}": ids.int() for part, ids in pair.items()}
    base = load(family, torch.float32)
    reference = {}
    with torch.no_grad():
        for which in ("chosen", "rejected"):
            each = [answer_logprobs(base, pair, which) for pair in pairs]
            out |= {f"reference.logprobs.{which}.{number}": logprobs for number, logprobs in enumerate(each)}
            reference[which] = torch.stack([logprobs.sum() for logprobs in each])
            out[f"reference.logps.{which}"] = reference[which]
    for case in CASES:
        model = adapted(family, case)
        rewards = {}
        for which in ("chosen", "rejected"):
            each = [answer_logprobs(model, pair, which) for pair in pairs]
            sums = torch.stack([logprobs.sum() for logprobs in each])
            rewards[which] = BETA * (sums - reference[which])
            out |= {f"{case}.logprobs.{which}.{number}": each[number].detach() for number in range(len(pairs))}
            out[f"{case}.logps.{which}"] = sums.detach()
            out[f"{case}.rewards.{which}"] = rewards[which].detach()
        losses = -logsigmoid(rewards["chosen"] - rewards["rejected"])
        losses.mean().backward()
        out[f"{case}.losses"] = losses.detach()
        out[f"{case}.loss"] = losses.mean().detach()[None]
        out |= {f"{case}.grad.{name}": gradient for name, gradient in gradients(model).items()}
        apart = against_trl(family, case, pairs, out)
        print(
            f"{family.name:14} {case}: loss {out[f'{case}.loss'].item():.6f}, "
            f"rewards {[round(x, 4) for x in out[f'{case}.rewards.chosen'].tolist()]} "
            f"{[round(x, 4) for x in out[f'{case}.rewards.rejected'].tolist()]}, TRL's are {apart:.1e} apart"
        )
        assert apart < TOLERANCE, "TRL disagrees"
    return {name: tensor.contiguous() for name, tensor in sorted(out.items())}


def main() -> None:
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    for family in FAMILIES:
        if family.name in (sys.argv[1:] or CHOSEN):
            file = FIXTURES / "engine" / f"dpo-{family.name}.safetensors"
            save_file(golden(family), file, metadata={"format": "pt"})


if __name__ == "__main__":
    main()
