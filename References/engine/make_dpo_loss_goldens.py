"""Writes Tests/Fixtures/engine/dpo-loss.json: TRL's preference losses as functions of log-probabilities.

Every number comes out of TRL's own `_compute_loss` (trl_preference.py) in float32; gradients from autograd. Formulas
are in References/README.md, and are evaluated here a second time, in float64, as a check.

    python References/engine/make_dpo_loss_goldens.py
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch.nn.functional import logsigmoid

from trl_preference import pairwise

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"

# log-probabilities: policy chosen, policy rejected, reference chosen, reference rejected; tokens: chosen, rejected.
ROWS = [
    (-41.5, -52.25, -43.0, -50.5, 23, 31),  # as the policy should be after some training
    (-43.0, -50.5, -43.0, -50.5, 23, 31),  # nothing learnt: a tie, which counts as wrong
    (-60.125, -48.75, -55.5, -51.0, 40, 17),  # the wrong way round
    (-12.0, -12.0, -14.5, -14.5, 9, 9),  # both moved alike: a tie that rounding could break
    (-3.0625, -900.5, -250.25, -180.0, 1, 400),  # far out: exp(-97) and exp(97) at beta 0.1
    (-700.75, -2.5, -120.5, -160.0, 350, 1),  # as far on the other side
    (-0.001953125, -8.5, -0.0078125, -6.25, 2, 3),  # nearly certain
    (-133.3, -131.7, -133.9, -131.2, 57, 55),  # not exact in float32
]

# name: TRL's loss_type, what it is called with, and whether a pair's loss depends on the others of its batch.
CASES = {
    "sigmoid": ("sigmoid", 0.1, 0.0),
    "sigmoid-beta-0.5": ("sigmoid", 0.5, 0.0),
    "sigmoid-smoothing-0.1": ("aot", 0.1, 0.1),
    "robust-smoothing-0.1": ("robust", 0.1, 0.1),
    "ipo": ("ipo", 0.1, 0.0),
    "ipo-beta-0.5": ("ipo", 0.5, 0.0),
    "sigmoid_norm": ("sigmoid_norm", 0.1, 0.0),
    "sigmoid_norm-beta-2": ("sigmoid_norm", 2.0, 0.0),
}


def by_formula(name: str, policy, reference, lengths, beta: float, epsilon: float) -> torch.Tensor:
    """[B] in float64."""
    ratios = policy.double() - reference.double()
    delta = ratios[0] - ratios[1]
    averages = ratios / lengths
    normalised = averages[0] - averages[1]
    if name.startswith("sigmoid_norm"):
        return -logsigmoid(beta * normalised)
    if name.startswith("ipo"):
        return (normalised - 1 / (2 * beta)) ** 2
    smoothed = -(1 - epsilon) * logsigmoid(beta * delta)
    if name.startswith("robust"):
        return (smoothed + epsilon * logsigmoid(-beta * delta)) / (1 - 2 * epsilon)
    return smoothed - epsilon * logsigmoid(-beta * delta)


def golden(name: str, policy, reference, lengths) -> dict:
    loss_type, beta, epsilon = CASES[name]
    policy = policy.clone().requires_grad_()
    count = policy.shape[1]
    # One pair at a time, since TRL's "aot" sorts a batch's pairs apart: of a single pair it is the smoothed sigmoid.
    alone = [
        pairwise(policy[:, [row]], reference[:, [row]], lengths[:, [row]], loss_type, beta, epsilon)
        for row in range(count)
    ]
    losses = torch.stack([loss for loss, _ in alone])
    loss = losses.mean()
    (gradient,) = torch.autograd.grad(loss, policy)
    together, metrics = pairwise(policy, reference, lengths, loss_type, beta, epsilon)
    if loss_type != "aot":
        torch.testing.assert_close(together, loss, rtol=1e-6, atol=0)
        torch.testing.assert_close(torch.autograd.grad(together, policy)[0], gradient, rtol=1e-6, atol=1e-12)
    formula = by_formula(name, policy, reference, lengths, beta, epsilon)
    torch.testing.assert_close(losses.double(), formula, rtol=2e-6, atol=1e-12)
    (exact,) = torch.autograd.grad(formula.mean(), policy)
    torch.testing.assert_close(gradient, exact, rtol=1e-5, atol=1e-9)
    means = ("rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen",
             "logps/rejected")
    return {
        "trl_loss_type": loss_type,
        "beta": beta,
        "label_smoothing": epsilon,
        "losses": losses.tolist(),
        "loss": loss.item(),
        "rewards/chosen": [row["rewards/chosen"] for _, row in alone],
        "rewards/rejected": [row["rewards/rejected"] for _, row in alone],
        "rewards/margins": [row["rewards/margins"] for _, row in alone],
        "rewards/accuracies": [row["rewards/accuracies"] for _, row in alone],
        "means": {metric: metrics[metric] for metric in means},
        "gradient/chosen": gradient[0].tolist(),
        "gradient/rejected": gradient[1].tolist(),
    }


def main() -> None:
    torch.set_num_threads(1)
    numbers = torch.tensor(ROWS, dtype=torch.float32).T
    policy, reference, lengths = numbers[0:2], numbers[2:4], numbers[4:6].long()

    smoothed, _ = pairwise(policy, reference, lengths, "sigmoid", 0.1, 0.1)
    plain, _ = pairwise(policy, reference, lengths, "sigmoid", 0.1, 0.0)
    assert smoothed == plain, "TRL's sigmoid now heeds label_smoothing: say so in References/README.md"

    out = {
        "policy/chosen": policy[0].tolist(),
        "policy/rejected": policy[1].tolist(),
        "reference/chosen": reference[0].tolist(),
        "reference/rejected": reference[1].tolist(),
        "length/chosen": lengths[0].tolist(),
        "length/rejected": lengths[1].tolist(),
        "cases": {name: golden(name, policy, reference, lengths) for name in CASES},
    }
    (FIXTURES / "engine" / "dpo-loss.json").write_text(json.dumps(out, indent=1) + "\n")
    for name, case in out["cases"].items():
        print(f"{name:22} loss {case['loss']:.7f}, of pairs " + " ".join(f"{loss:.5g}" for loss in case["losses"]))


if __name__ == "__main__":
    main()
