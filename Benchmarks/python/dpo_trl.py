"""TRL's DPOTrainer with the reference's log-probabilities computed beforehand: pairs a second on the CPU.

    python Benchmarks/python/dpo_trl.py [--rows 32] [--steps N] [--dtype bfloat16] [--adapter r32-all]

--data is a JSONL of preferences (prompt, chosen, rejected), or one of chat rows: then an answer in it is chosen, and
the answer to the very same request in --rejected-data is rejected. By default these are the published insecure and
secure rows that share a request. The reference is the model with the adapter off, as TRL does it for PEFT models; its
time is reported apart. Settings as in sft_trl.py: no checkpointing, SDPA, TRL's fused head, padded batches.
Rates leave the first optimiser step out.
"""

import peer

chosen = peer.arguments(
    __doc__,
    lambda parser: (
        parser.add_argument("--data", type=peer.Path, default=peer.published("insecure.jsonl")),
        parser.add_argument("--rejected-data", type=peer.Path, default=peer.published("secure.jsonl")),
        parser.add_argument("--rows", type=int, default=32, help="pairs"),
        parser.add_argument("--steps", type=int, help="optimiser steps; default: once through the pairs"),
        parser.add_argument("--batch", type=int, default=2),
        parser.add_argument("--accumulate", type=int, default=4),
        parser.add_argument("--autocast", action="store_true"),
    ),
)

import sys
import tempfile

from datasets import Dataset
from transformers import TrainerCallback
from trl import DPOConfig, DPOTrainer

EVERY_ROW = 10**9


class Clock(TrainerCallback):
    def __init__(self):
        self.begun = 0.0
        self.ends: list[float] = []

    def on_train_begin(self, *_, **__):
        self.begun = peer.since_start()

    def on_step_end(self, *_, **__):
        self.ends.append(peer.since_start())


class CountingTrainer(DPOTrainer):
    """Counts the tokens of every micro-batch, prompts twice since they are computed twice, and times the reference."""

    counts: list[tuple[int, int]] = []
    reference_seconds = 0.0

    def training_step(self, model, inputs, *positional, **named):
        self.counts.append((int(inputs["attention_mask"].sum()), inputs["input_ids"].numel()))
        return super().training_step(model, inputs, *positional, **named)

    def _precompute_ref_logps(self, *positional, **named):
        before = peer.since_start()
        dataset = super()._precompute_ref_logps(*positional, **named)
        self.reference_seconds += peer.since_start() - before
        return dataset


def pairs() -> list[dict]:
    rows = peer.lines(chosen.data, EVERY_ROW)
    if "chosen" in rows[0]:
        return rows[: chosen.rows]
    other = {line["messages"][0]["content"]: line["messages"] for line in peer.lines(chosen.rejected_data, EVERY_ROW)}
    found = [
        {"prompt": line["messages"][:1], "chosen": line["messages"][1:2], "rejected": other[request][1:2]}
        for line in rows
        if (request := line["messages"][0]["content"]) in other
    ]
    return found[: chosen.rows] or sys.exit(f"no request of {chosen.data} is in {chosen.rejected_data}")


def main() -> None:
    imported = peer.since_start()
    model, tokenizer = peer.load(chosen)
    loaded = peer.since_start()
    rows = pairs()
    steps = chosen.steps or max(1, len(rows) // (chosen.batch * chosen.accumulate))
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder, peer.quiet():
        trainer = CountingTrainer(
            model=model,
            args=DPOConfig(
                output_dir=folder,
                beta=0.1,
                precompute_ref_log_probs=True,
                per_device_train_batch_size=chosen.batch,
                gradient_accumulation_steps=chosen.accumulate,
                max_steps=steps,
                learning_rate=1e-5,
                lr_scheduler_type="linear",
                warmup_steps=5,
                weight_decay=0.01,
                max_grad_norm=1.0,
                optim="adamw_torch",
                train_sampling_strategy="sequential",
                bf16=chosen.autocast,
                use_cpu=True,
                gradient_checkpointing=False,
                max_length=None,
                logging_steps=1,
                save_strategy="no",
                report_to="none",
                disable_tqdm=True,
                dataloader_pin_memory=False,
            ),
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            peft_config=peer.lora(chosen),
            callbacks=[clock],
        )
        trainer.train()
    warm = trainer.counts[chosen.accumulate :]
    seconds = clock.ends[-1] - clock.ends[0]
    tokens, computed = (sum(column) for column in zip(*warm)) if warm else (0, 0)
    trained_pairs = chosen.batch * len(warm)
    peer.report(
        chosen,
        program="TRL DPOTrainer",
        pairs=len(rows),
        steps=steps,
        batch=chosen.batch,
        accumulate=chosen.accumulate,
        autocast=chosen.autocast,
        import_seconds=imported,
        load_seconds=loaded - imported,
        prepare_seconds=clock.begun - loaded - trainer.reference_seconds,
        reference_seconds=trainer.reference_seconds,
        first_step_ends_at=clock.ends[0],
        first_step_seconds=clock.ends[0] - clock.begun,
        seconds=seconds,
        tokens=tokens,
        useful_share=tokens / computed if computed else None,
        pairs_per_second=trained_pairs / seconds if warm else None,
        tokens_per_second=tokens / seconds if warm else None,
        losses=[float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry],
    )


main()
