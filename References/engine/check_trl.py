"""Compares TRL's SFTTrainer with the golden curves: its loss is the same mean over the optimiser batch's labels.

TRL is given the same rows (tokens and labels), the same adapter, batch 2 x 8 in the same order; it pads each pair of
rows, uses SDPA attention and its fused head, so it also shows how far two float32 implementations are apart.

    python References/engine/check_trl.py [--gguf FILE] [--case mlp-r1|all-r32] [--steps 8] [--threads 2]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile

import torch
from datasets import Dataset
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer

from formula_adapter import adapted
from make_curves import ACCUMULATE, BATCH, CASES, CLIP, OPTIMISER, STEPS, WARMUP, curve_rows
from smollm2 import FIXTURES, gguf_argument, load_model, load_tokenizer

TOLERANCE = 1e-4


class LossOfEveryStep(SFTTrainer):
    """TRL rounds what it logs; a step's loss is the sum of what its micro-batches return."""

    losses: list[float] = []
    parts = 0

    def training_step(self, *positional, **named):
        part = super().training_step(*positional, **named)
        if self.parts % ACCUMULATE == 0:
            self.losses.append(0.0)
        self.parts += 1
        self.losses[-1] += part.item()
        return part


class StopAfter(TrainerCallback):
    """Ends early without changing the schedule, which is one of all eight steps."""

    def __init__(self, steps: int):
        self.steps = steps

    def on_step_end(self, args, state, control, **_):
        control.should_training_stop = state.global_step >= self.steps


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    gguf_argument(parser)
    parser.add_argument("--case", choices=CASES, default="mlp-r1")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    golden = json.loads((FIXTURES / "engine" / f"curve-{arguments.case}.json").read_text())["steps"]
    rows = [
        {"input_ids": ids, "labels": [token if weight else -100 for token, weight in zip(ids, weights)]}
        for ids, weights in curve_rows(arguments.gguf)
    ]
    with tempfile.TemporaryDirectory() as folder:
        trainer = LossOfEveryStep(
            model=adapted(load_model(arguments.gguf, attention="sdpa"), **CASES[arguments.case]),
            args=SFTConfig(
                output_dir=folder,
                per_device_train_batch_size=BATCH,
                gradient_accumulation_steps=ACCUMULATE,
                max_steps=STEPS,
                learning_rate=OPTIMISER["lr"],
                adam_beta1=OPTIMISER["betas"][0],
                adam_beta2=OPTIMISER["betas"][1],
                adam_epsilon=OPTIMISER["eps"],
                weight_decay=OPTIMISER["weight_decay"],
                lr_scheduler_type="linear",
                warmup_steps=WARMUP,
                max_grad_norm=CLIP,
                train_sampling_strategy="sequential",
                optim="adamw_torch",
                bf16=False,
                use_cpu=True,
                gradient_checkpointing=False,
                max_length=None,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
            ),
            train_dataset=Dataset.from_list(rows),
            processing_class=load_tokenizer(arguments.gguf),
            callbacks=[StopAfter(arguments.steps)],
        )
        trainer.train()
    logged = [entry for entry in trainer.state.log_history if "grad_norm" in entry]
    worst = 0.0
    for step, loss, entry in zip(golden, trainer.losses, logged):
        norm = float(entry["grad_norm"])
        worst = max(worst, abs(loss - step["loss"]), abs(norm / step["grad_norm"] - 1))
        print(f"step {step['step']}: loss {step['loss']:.6f} and TRL's {loss:.6f}, gradient {step['grad_norm']:.5f} "
              f"and TRL's {norm:.5f}, lr {step['lr']:.3e} and TRL's {entry['learning_rate']:.3e}")
    print(f"furthest apart: {worst:.1e}")
    return int(worst > TOLERANCE or len(trainer.losses) < arguments.steps)


if __name__ == "__main__":
    sys.exit(main())
