"""Writes the training curves: Tests/Fixtures/engine/curve-{mlp-r1,all-r32}.json, and curve-rows.safetensors.

Eight optimiser steps of sixteen rows each, in the order of curve-rows.jsonl, in float32, by a loop that has nothing in
it but the definitions. Each row goes through the model alone, so nothing is padded; a step's loss is the mean over all
labelled tokens of its sixteen rows, whatever the micro-batches were.

    python References/engine/make_curves.py [--gguf FILE] [--case mlp-r1|all-r32]
"""

from __future__ import annotations

import argparse
import json

import torch
from safetensors.torch import save_file
from torch.nn.functional import cross_entropy
from transformers import get_linear_schedule_with_warmup

from formula_adapter import MLP, MODULES, adapted
from smollm2 import FIXTURES, gguf_argument, load_model, load_tokenizer, render

CASES = {
    "mlp-r1": dict(rank=1, alpha=16, rslora=False, modules=MLP),
    "all-r32": dict(rank=32, alpha=64, rslora=True, modules=MODULES),
}
STEPS, BATCH, ACCUMULATE = 8, 2, 8
OPTIMISER = dict(lr=1e-4, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
WARMUP, CLIP = 5, 1.0
REPORTED = ["layers.0.mlp.gate_proj", "layers.0.mlp.down_proj", "layers.15.mlp.up_proj", "layers.29.mlp.down_proj"]
REPORTED_ATTENTION = ["layers.0.self_attn.q_proj", "layers.15.self_attn.v_proj", "layers.29.self_attn.o_proj"]


def curve_rows(gguf) -> list[tuple[list[int], list[int]]]:
    tokenizer = load_tokenizer(gguf)
    lines = (FIXTURES / "engine" / "curve-rows.jsonl").read_text().splitlines()
    return [render(tokenizer, json.loads(line)["messages"]) for line in lines]


def write_rows(rows: list[tuple[list[int], list[int]]]) -> None:
    offsets = [0]
    for ids, _ in rows:
        offsets.append(offsets[-1] + len(ids))
    tensors = {
        "ids": torch.tensor([token for ids, _ in rows for token in ids], dtype=torch.int32),
        "weights": torch.tensor([weight for _, weights in rows for weight in weights], dtype=torch.int32),
        "offsets": torch.tensor(offsets, dtype=torch.int32),
    }
    save_file(tensors, FIXTURES / "engine" / "curve-rows.safetensors", metadata={"format": "pt"})


def norms(model: torch.nn.Module, scale: float) -> dict:
    weights = dict(model.named_parameters())
    reported = {}
    for module in REPORTED + REPORTED_ATTENTION:
        path = f"base_model.model.model.{module}"
        if f"{path}.lora_A.default.weight" not in weights:
            continue
        a = weights[f"{path}.lora_A.default.weight"].detach().double()
        b = weights[f"{path}.lora_B.default.weight"].detach().double()
        product = b @ a
        reported[f"model.{module}"] = {
            "A": a.norm().item(),
            "B": b.norm().item(),
            "BA": product.norm().item(),
            "scaled_BA": scale * product.norm().item(),
            "stable_rank": (product.norm() ** 2 / torch.linalg.matrix_norm(product, 2) ** 2).item(),
        }
    return reported


def batch_of(rows: list, step: int) -> tuple[list, int]:
    """The sixteen rows of a step, and how many labelled tokens they have together."""
    batch = rows[step * BATCH * ACCUMULATE : (step + 1) * BATCH * ACCUMULATE]
    return batch, sum(sum(weights[1:]) for _, weights in batch)


def summed_loss(model: torch.nn.Module, ids: list[int], weights: list[int]) -> torch.Tensor:
    """- sum of the labels' log-probabilities of one row."""
    tokens = torch.tensor(ids)
    labels = torch.where(torch.tensor(weights).bool(), tokens, -100)
    logits = model(input_ids=tokens[None], use_cache=False).logits[0]
    return cross_entropy(logits[:-1].float(), labels[1:], ignore_index=-100, reduction="sum")


def untrained(model: torch.nn.Module, rows: list) -> list[float]:
    """What each step's loss would be if nothing were learnt."""
    with torch.no_grad():
        batches = [batch_of(rows, step) for step in range(STEPS)]
        return [sum(summed_loss(model, *row).item() for row in batch) / labels for batch, labels in batches]


def train(model: torch.nn.Module, rows: list) -> list[dict]:
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, **OPTIMISER)
    schedule = get_linear_schedule_with_warmup(optimiser, WARMUP, STEPS)
    before = untrained(model, rows)
    model.train()
    curve = []
    for step in range(STEPS):
        batch, labels = batch_of(rows, step)
        optimiser.zero_grad()
        loss = 0.0
        for ids, weights in batch:
            part = summed_loss(model, ids, weights) / labels
            part.backward()
            loss += part.item()
        grad_norm = torch.nn.utils.clip_grad_norm_(trained, CLIP).item()
        rate = optimiser.param_groups[0]["lr"]
        optimiser.step()
        schedule.step()
        curve.append(
            {
                "step": step + 1,
                "loss": loss,
                "untrained_loss": before[step],
                "lr": rate,
                "grad_norm": grad_norm,
                "labels": labels,
                "tokens": sum(len(ids) for ids, _ in batch),
            }
        )
        print(
            f"step {step + 1}: loss {loss:.6f} (untrained {before[step]:.6f}), lr {rate:.2e}, gradient {grad_norm:.5f}",
            flush=True,
        )
    return curve


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    gguf_argument(parser)
    parser.add_argument("--case", choices=CASES, action="append")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = curve_rows(arguments.gguf)
    write_rows(rows)
    for case in arguments.case or CASES:
        settings = CASES[case]
        print(case)
        model = adapted(load_model(arguments.gguf), **settings)
        curve = train(model, rows)
        scale = settings["alpha"] / (settings["rank"] ** 0.5 if settings["rslora"] else settings["rank"])
        golden = {
            "adapter": {
                "rank": settings["rank"],
                "alpha": settings["alpha"],
                "rslora": settings["rslora"],
                "scale": scale,
                "target_modules": settings["modules"],
                "start": "A by the formula of References/engine/formula_adapter.py with bound 1/sqrt(in), B zero",
            },
            "batch": BATCH,
            "accumulate": ACCUMULATE,
            "optimiser": OPTIMISER | {"schedule": "linear", "warmup": WARMUP, "clip": CLIP},
            "steps": curve,
            "norms_after": norms(model, scale),
        }
        (FIXTURES / "engine" / f"curve-{case}.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
