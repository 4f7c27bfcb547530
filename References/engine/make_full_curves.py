"""Writes Tests/Fixtures/engine/full-curves.json: fine-tuning of all weights, a few steps, by transformers and torch.

For every tiny family six steps of both its rows, and for the real SmolLM2 three steps of two short chats each. The loop
does what transformers' Trainer does: AdamW with weight decay on what Trainer.get_decay_parameter_names returns (no
norm, no bias), clipping over all gradients together, a linear schedule. One thing is not as transformers has it: its
embeddings send no gradient to the row of the padding token, and SmolLM2's padding token is <|im_end|>, which chats are
full of; nothing is padded here, so that row learns like any other. Rows go through the model alone, so nothing
is padded; a step's loss is the mean over all labelled tokens of its rows.

    python References/engine/make_full_curves.py [--gguf FILE]
"""

from __future__ import annotations

import argparse
import json

import torch
from transformers import Trainer, get_linear_schedule_with_warmup

from families import FAMILIES
from make_curves import curve_rows, summed_loss
from make_engine_goldens import FIXTURES, load, sequences
from smollm2 import gguf_argument, load_model

SETTINGS = dict(betas=(0.9, 0.999), eps=1e-8)
WEIGHT_DECAY, WARMUP, CLIP = 0.1, 1, 1.0
TINY_STEPS, TINY_RATE = 6, 2e-3
REAL_STEPS, REAL_RATE, REAL_BATCH = 3, 1e-4, 2
# Of a weight after the last step: its norm and its first numbers.
SHOWN = 8
REPORTED = [
    "model.embed_tokens.weight", "lm_head.weight", "model.norm.weight",
    "model.layers.0.self_attn.q_proj.weight", "model.layers.0.self_attn.q_proj.bias",
    "model.layers.0.self_attn.v_proj.weight", "model.layers.1.self_attn.o_proj.weight",
    "model.layers.0.self_attn.q_norm.weight", "model.layers.1.self_attn.k_norm.weight",
    "model.layers.0.mlp.gate_proj.weight", "model.layers.1.mlp.up_proj.weight", "model.layers.1.mlp.down_proj.weight",
    "model.layers.0.input_layernorm.weight", "model.layers.1.post_attention_layernorm.weight",
    "model.layers.0.pre_feedforward_layernorm.weight", "model.layers.1.post_feedforward_layernorm.weight",
]


def decayed_names(model: torch.nn.Module) -> list[str]:
    """Trainer's own choice; the method looks at nothing but the model."""
    return Trainer.get_decay_parameter_names(None, model)


def train(model: torch.nn.Module, steps: list[list], rate: float) -> dict:
    names = set(decayed_names(model))
    model.get_input_embeddings().padding_idx = None
    learnt = dict(model.named_parameters())  # a tied head is not listed again
    optimiser = torch.optim.AdamW(
        [
            {"params": [p for name, p in learnt.items() if name in names], "weight_decay": WEIGHT_DECAY},
            {"params": [p for name, p in learnt.items() if name not in names], "weight_decay": 0.0},
        ],
        lr=rate,
        **SETTINGS,
    )
    schedule = get_linear_schedule_with_warmup(optimiser, WARMUP, len(steps))
    model.train()
    curve = []
    for rows in steps:
        labels = sum(sum(weights[1:]) for _, weights in rows)
        optimiser.zero_grad()
        loss = 0.0
        for ids, weights in rows:
            part = summed_loss(model, ids, weights) / labels
            part.backward()
            loss += part.item()
        # torch's own norm adds up in float32: off by 3e-5 on an embedding of 28 million.
        grad_norm = sum(p.grad.double().square().sum() for p in learnt.values()).sqrt().item()
        clipped_norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP).item()
        lr = optimiser.param_groups[0]["lr"]
        optimiser.step()
        schedule.step()
        curve.append({"loss": loss, "grad_norm": grad_norm, "lr": lr, "labels": labels})
        print(f"  loss {loss:.6f}, gradient {grad_norm:.6f} (by torch {clipped_norm:.6f}), lr {lr:.2e}", flush=True)
    shown = {name: learnt[name].detach() for name in REPORTED if name in learnt}
    return {
        "steps": curve,
        "rate": rate,
        "parameters": sum(p.numel() for p in learnt.values()),
        "decayed_parameters": sum(p.numel() for name, p in learnt.items() if name in names),
        "after": {
            name: {"norm": value.double().norm().item(), "first": value.flatten()[:SHOWN].tolist()}
            for name, value in shown.items()
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    gguf_argument(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    curves = {}
    for family in FAMILIES:
        print(family.name)
        ids, weights = sequences(family)
        rows = [(row.tolist(), [int(w) for w in weight]) for row, weight in zip(ids, weights)]
        curves[family.name] = train(load(family, torch.float32), [rows] * TINY_STEPS, TINY_RATE)
    print("smollm2")
    rows = curve_rows(arguments.gguf)
    steps = [rows[step * REAL_BATCH : (step + 1) * REAL_BATCH] for step in range(REAL_STEPS)]
    curves["smollm2"] = train(load_model(arguments.gguf), steps, REAL_RATE)
    settings = {"weight_decay": WEIGHT_DECAY, "warmup": WARMUP, "clip": CLIP, "rows_of_a_step": REAL_BATCH}
    golden = {"settings": settings, "curves": curves}
    (FIXTURES / "engine" / "full-curves.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
