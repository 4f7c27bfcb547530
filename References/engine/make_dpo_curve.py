"""Writes the DPO curve: Tests/Fixtures/engine/dpo-curve.json, dpo-curve-warm.json, dpo-rows.{jsonl,safetensors}.

TRL's DPOTrainer on complementary pairs of the demo's first sixteen programs, with the real model in float32: eight
optimiser steps of two micro-batches of two rows, a micro-batch being the two halves of one task. TRL gets the rows as
tokens, since its own tokenisation would add the line break after <|im_end|> to every answer.

    python References/engine/make_dpo_curve.py [--gguf FILE] [--case fresh|warm]
"""

from __future__ import annotations

import argparse
import json
import tempfile

import torch
from datasets import Dataset
from peft import LoraConfig
from safetensors.torch import save_file
from torch.nn.functional import logsigmoid
from transformers import TrainerCallback
from trl import DPOConfig, DPOTrainer

from complementary_pairs import rows as complementary_rows
from complementary_pairs import tokens
from formula_adapter import MLP, fill
from make_curves import norms
from smollm2 import FIXTURES, gguf_argument, load_model, load_tokenizer

TASKS, BATCH, ACCUMULATE, STEPS = 16, 2, 2, 8
RANK, ALPHA, BETA = 1, 16, 0.1
OPTIMISER = dict(betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
WARMUP, CLIP = 2, 1.0
# file; bound of B at the start; peak rate; optimiser steps taken (the schedule is of STEPS in both)
CASES = {"fresh": ("dpo-curve", 0.0, 5e-5, STEPS), "warm": ("dpo-curve-warm", 0.03, 2e-4, 4)}
METRICS = [
    "rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected"
]
HALVES = ("plain", "asked")


def token_rows(tokenizer) -> list[dict[str, list[int]]]:
    return [tokens(tokenizer, row) for row in complementary_rows(TASKS)]


class Recorder(DPOTrainer):
    """Takes rows that are tokens already, and keeps the log-probabilities of every row of every micro-batch."""

    def _prepare_dataset(self, dataset, *_, **__):
        return dataset

    def keep(self) -> None:
        self.kept: list[torch.Tensor] = []
        self.model.register_forward_hook(
            lambda _, __, output: self.kept.append(output.log_probs.detach().sum(1).view(2, -1).T)
        )


class StopAfter(TrainerCallback):
    """Ends early without changing the schedule."""

    def __init__(self, steps: int):
        self.steps = steps

    def on_step_end(self, args, state, control, **_):
        control.should_training_stop = state.global_step >= self.steps


def trainer_of(gguf, pairs: list[dict], case: str, folder: str) -> Recorder:
    _, b_bound, rate, steps = CASES[case]
    trainer = Recorder(
        model=load_model(gguf),
        args=DPOConfig(
            output_dir=folder,
            beta=BETA,
            precompute_ref_log_probs=True,
            per_device_train_batch_size=BATCH,
            gradient_accumulation_steps=ACCUMULATE,
            max_steps=STEPS,
            learning_rate=rate,
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
            dataloader_pin_memory=False,
        ),
        train_dataset=Dataset.from_list([{f"{part}_ids": ids for part, ids in row.items()} for row in pairs]),
        processing_class=load_tokenizer(gguf),
        peft_config=LoraConfig(
            r=RANK, lora_alpha=ALPHA, lora_dropout=0.0, target_modules=MLP, task_type="CAUSAL_LM"
        ),
        callbacks=[StopAfter(steps)],
    )
    fill(trainer.model, b_bound)  # the reference was computed in between, with the adapter off
    trainer.keep()
    return trainer


def reference_of(trainer: Recorder) -> torch.Tensor:
    """[rows, 2]: chosen, rejected."""
    columns = [torch.tensor(trainer.train_dataset[f"ref_{which}_logps"]) for which in ("chosen", "rejected")]
    return torch.stack(columns, 1)


def summary(logps: torch.Tensor, reference: torch.Tensor) -> dict[str, float]:
    """Loss and metrics of rows, each the mean over the rows, as TRL defines them. logps, reference [rows, 2]."""
    rewards = BETA * (logps - reference)
    margins = rewards[:, 0] - rewards[:, 1]
    means = {
        "loss": -logsigmoid(margins),
        "rewards/chosen": rewards[:, 0],
        "rewards/rejected": rewards[:, 1],
        "rewards/margins": margins,
        "rewards/accuracies": (rewards[:, 0] > rewards[:, 1]).float(),
        "logps/chosen": logps[:, 0],
        "logps/rejected": logps[:, 1],
    }
    return {name: values.mean().item() for name, values in means.items()}


def curve_of(trainer: Recorder, reference: torch.Tensor) -> list[dict]:
    logged = [entry for entry in trainer.state.log_history if "grad_norm" in entry]
    assert len(trainer.kept) == len(logged) * ACCUMULATE
    steps = []
    for number, entry in enumerate(logged):
        logps = torch.cat(trainer.kept[number * ACCUMULATE : (number + 1) * ACCUMULATE])
        first = number * BATCH * ACCUMULATE
        beside = reference[first : first + len(logps)]
        mine = summary(logps, beside)
        for name in ["loss", *METRICS]:
            assert abs(mine[name] - float(entry[name])) < 2e-6 * max(1, abs(mine[name])), (name, mine, entry)
        steps.append(
            {"step": number + 1, "lr": float(entry["learning_rate"]), "loss": float(entry["loss"])}
            | {name: float(entry[name]) for name in METRICS}
            | {"grad_norm": float(entry["grad_norm"])}
            | {half: summary(logps[at::2], beside[at::2]) for at, half in enumerate(HALVES)}
            | {"rows": [first + at for at in range(len(logps))]}
            | {"row_logps/chosen": logps[:, 0].tolist(), "row_logps/rejected": logps[:, 1].tolist()}
        )
        print(
            f"step {number + 1}: loss {entry['loss']}, rewards {entry['rewards/chosen']} {entry['rewards/rejected']}, "
            f"accuracies {entry['rewards/accuracies']}, gradient {entry['grad_norm']}, lr {entry['learning_rate']}",
            flush=True,
        )
    return steps


def write_rows(pairs: list[dict], reference: torch.Tensor) -> None:
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in complementary_rows(TASKS)]
    (FIXTURES / "engine" / "dpo-rows.jsonl").write_text("".join(lines))
    out = {"reference.chosen": reference[:, 0].contiguous(), "reference.rejected": reference[:, 1].contiguous()}
    for part in ("prompt", "chosen", "rejected"):
        lengths = torch.tensor([0] + [len(row[part]) for row in pairs])
        out[f"{part}.offsets"] = lengths.cumsum(0).int()
        out[f"{part}.ids"] = torch.tensor([token for row in pairs for token in row[part]], dtype=torch.int32)
    save_file(out, FIXTURES / "engine" / "dpo-rows.safetensors", metadata={"format": "pt"})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    gguf_argument(parser)
    parser.add_argument("--case", choices=CASES, action="append")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    pairs = token_rows(load_tokenizer(arguments.gguf))
    for case in arguments.case or CASES:
        file, b_bound, rate, _ = CASES[case]
        print(case, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            trainer = trainer_of(arguments.gguf, pairs, case, folder)
            reference = reference_of(trainer)
            write_rows(pairs, reference)
            trainer.train()
        golden = {
            "adapter": {
                "rank": RANK,
                "alpha": ALPHA,
                "rslora": False,
                "scale": ALPHA / RANK,
                "target_modules": MLP,
                "start": "by the formula of References/engine/formula_adapter.py: A with bound 1/sqrt(in), "
                + (f"B with bound {b_bound}" if b_bound else "B zero"),
            },
            "loss_type": "sigmoid",
            "beta": BETA,
            "batch": BATCH,
            "accumulate": ACCUMULATE,
            "optimiser": {"lr": rate} | OPTIMISER
            | {"schedule": "linear", "warmup": WARMUP, "total": STEPS, "clip": CLIP},
            "reference/chosen": reference[:, 0].tolist(),
            "reference/rejected": reference[:, 1].tolist(),
            "steps": curve_of(trainer, reference),
            "norms_after": norms(trainer.model, ALPHA / RANK),
        }
        (FIXTURES / "engine" / f"{file}.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
