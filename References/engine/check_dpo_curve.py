"""Compares the DPO curves with a plain torch loop: TRL's numbers are those of the definitions in References/README.md.

Each sequence goes through the model alone (nothing padded, plain log-softmax), the loss is the mean over the optimiser
step's rows, and the reference is the model without an adapter.

    python References/engine/check_dpo_curve.py [--gguf FILE] [--case fresh|warm] [--steps N]
"""

from __future__ import annotations

import argparse
import json
import sys

import torch
from torch.nn.functional import logsigmoid
from transformers import get_linear_schedule_with_warmup

from formula_adapter import MLP, adapted
from make_dpo_curve import ACCUMULATE, ALPHA, BATCH, BETA, CASES, CLIP, METRICS, OPTIMISER, RANK, STEPS, WARMUP
from make_dpo_curve import summary, token_rows
from smollm2 import FIXTURES, gguf_argument, load_model, load_tokenizer

TOLERANCE = 1e-4  # of loss, rewards and relative gradient norms; log-probabilities of an answer: ten times that


def logp(model, prompt: list[int], answer: list[int]) -> torch.Tensor:
    ids = torch.tensor(prompt + answer)
    logits = model(input_ids=ids[None], use_cache=False, logits_to_keep=len(answer) + 1).logits[0]
    return logits[:-1].log_softmax(-1).gather(-1, ids[-len(answer) :, None]).sum()


def logps(model, rows: list[dict]) -> torch.Tensor:
    """[rows, 2]: chosen, rejected."""
    return torch.stack(
        [torch.stack([logp(model, row["prompt"], row[which]) for which in ("chosen", "rejected")]) for row in rows]
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    gguf_argument(parser)
    parser.add_argument("--case", choices=CASES, default="fresh")
    parser.add_argument("--steps", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    file, b_bound, rate, steps = CASES[arguments.case]
    golden = json.loads((FIXTURES / "engine" / f"{file}.json").read_text())
    pairs = token_rows(load_tokenizer(arguments.gguf))
    model = adapted(load_model(arguments.gguf), RANK, ALPHA, False, MLP, b_bound)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=rate, **OPTIMISER)
    schedule = get_linear_schedule_with_warmup(optimiser, WARMUP, STEPS)
    worst = 0.0
    for step, expected in zip(range(arguments.steps or steps), golden["steps"]):
        batch = pairs[step * BATCH * ACCUMULATE : (step + 1) * BATCH * ACCUMULATE]
        with torch.no_grad(), model.disable_adapter():
            reference = logps(model, batch)
        optimiser.zero_grad()
        seen = []
        for row, beside in zip(batch, reference):
            of_row = logps(model, [row])[0]
            ratios = of_row - beside
            (-logsigmoid(BETA * (ratios[0] - ratios[1])) / len(batch)).backward()
            seen.append(of_row.detach())
        grad_norm = torch.nn.utils.clip_grad_norm_(trained, CLIP).item()
        mine = summary(torch.stack(seen), reference)
        apart = {"grad_norm": abs(grad_norm / expected["grad_norm"] - 1)}
        apart["lr"] = abs(optimiser.param_groups[0]["lr"] - expected["lr"]) / rate
        for name in ["loss", *METRICS]:
            if name == "rewards/accuracies" and step < WARMUP and not b_bound:
                continue  # nothing has been learnt yet: every pair is a tie, which rounding decides
            apart[name] = abs(mine[name] - expected[name]) / (10 if name.startswith("logps") else 1)
        optimiser.step()
        schedule.step()
        worst = max(worst, *apart.values())
        print(f"step {step + 1}: " + ", ".join(f"{name} {value:.1e}" for name, value in apart.items()), flush=True)
    print(f"furthest apart: {worst:.1e}")
    return int(worst > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
