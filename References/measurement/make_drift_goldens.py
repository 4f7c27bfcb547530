"""Writes Tests/Fixtures/measurement/drift.json: KL divergences between a model with an adapter and without.

From the logits in Tests/Fixtures/engine/<family>.safetensors, which transformers and PEFT gave
(References/engine/make_engine_goldens.py), by torch's own kl_div in float64:

    {family: {case: [[KL(adapter || base), KL(base || adapter), share of equal argmax] of row 0, of row 1]}}

each the mean over all tokens of the row.

    python References/measurement/make_drift_goldens.py
"""

import json
from pathlib import Path

from safetensors.torch import load_file
from torch.nn.functional import kl_div

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"
FAMILIES = ["llama", "smollm", "qwen2", "qwen3", "mistral", "gemma3", "gemma3-softcap"]


def row(base, adapted):
    p, q = (logits.double().log_softmax(-1) for logits in (base, adapted))
    forward = kl_div(p, q, reduction="sum", log_target=True) / len(p)
    backward = kl_div(q, p, reduction="sum", log_target=True) / len(p)
    return [forward.item(), backward.item(), (p.argmax(-1) == q.argmax(-1)).double().mean().item()]


def main():
    goldens = {}
    for family in FAMILIES:
        tensors = load_file(FIXTURES / "engine" / f"{family}.safetensors")
        goldens[family] = {
            case: [row(tensors[f"logits.{r}"], tensors[f"{case}.logits.{r}"]) for r in (0, 1)]
            for case in ("mlp-r1", "all-r4")
        }
    text = json.dumps(goldens, indent=1) + "\n"
    (FIXTURES / "measurement" / "drift.json").write_text(text)


main()
