"""Writes Tests/Fixtures/engine/schedules.json (transformers' schedules) and adamw.json (torch's AdamW and clipping).

    python References/engine/make_optimiser_goldens.py
"""

from __future__ import annotations

import json

import torch
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

from smollm2 import FIXTURES

PEAK = 1e-4
CASES = [(5, 8), (0, 10), (3, 3), (5, 40), (1, 1), (10, 6)]


def rates(kind: str, warmup: int, total: int) -> list[float]:
    """The learning rate of every optimiser step, as the optimiser saw it."""
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)
    if kind == "linear":
        schedule = get_linear_schedule_with_warmup(optimiser, warmup, total)
    elif kind == "cosine":
        schedule = get_cosine_schedule_with_warmup(optimiser, warmup, total)
    else:
        schedule = get_constant_schedule_with_warmup(optimiser, warmup)
    seen = []
    for _ in range(total):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        schedule.step()
    return seen


def adamw(weight_decay: float, clip: float | None) -> dict:
    """Six steps on two tensors with given gradients: the clip is of both together, the decay decoupled."""
    generator = torch.Generator().manual_seed(7)
    parameters = [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((5,), (2, 3))]
    start = [parameter.tolist() for parameter in parameters]
    optimiser = torch.optim.AdamW(parameters, lr=0.01, betas=(0.9, 0.999), eps=1e-8, weight_decay=weight_decay)
    schedule = get_linear_schedule_with_warmup(optimiser, 2, 6)
    steps = []
    for step in range(6):
        for parameter in parameters:
            # From far above the clip to far below it; one gradient is exactly zero.
            parameter.grad = torch.randn(parameter.shape, generator=generator) * 4.0 ** (1 - step)
        parameters[0].grad[2] = 0
        gradients = [parameter.grad.tolist() for parameter in parameters]
        norm = torch.nn.utils.clip_grad_norm_(parameters, clip if clip is not None else float("inf"))
        rate = optimiser.param_groups[0]["lr"]
        optimiser.step()
        schedule.step()
        steps.append(
            {
                "lr": rate,
                "gradients": gradients,
                "grad_norm": norm.item(),
                "parameters": [parameter.tolist() for parameter in parameters],
                "first_moments": [optimiser.state[parameter]["exp_avg"].tolist() for parameter in parameters],
                "second_moments": [optimiser.state[parameter]["exp_avg_sq"].tolist() for parameter in parameters],
            }
        )
    return {
        "betas": [0.9, 0.999],
        "eps": 1e-8,
        "weight_decay": weight_decay,
        "clip": clip,
        "start": start,
        "steps": steps,
    }


def main() -> None:
    torch.set_num_threads(1)
    schedules = [
        {"kind": kind, "peak": PEAK, "warmup": warmup, "total": total, "lr": rates(kind, warmup, total)}
        for kind in ("linear", "cosine", "constant")
        for warmup, total in CASES
    ]
    engine = FIXTURES / "engine"
    (engine / "schedules.json").write_text(json.dumps(schedules, indent=1) + "\n")
    cases = [adamw(weight_decay, clip) for weight_decay, clip in ((0.01, 1.0), (0.1, None), (0.0, 1.0))]
    (engine / "adamw.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
