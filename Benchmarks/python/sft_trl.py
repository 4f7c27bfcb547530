"""TRL's SFTTrainer on published rows, batch 2 x 8: how fast it trains a LoRA adapter on the CPU.

    python Benchmarks/python/sft_trl.py [--rows 64] [--steps N] [--dtype bfloat16] [--adapter r32-all]

Settings are the best that a user would reasonably choose: no gradient checkpointing (TRL turns it on by itself), no
evaluation, no saving, TRL's fused head, SDPA attention. Padding-free batches need FlashAttention and so a GPU; pairs of
rows are padded to the longer one, --group-by-length pairs rows of like length. bfloat16 loads the weights in bfloat16
(PEFT keeps the adapter in float32); --autocast adds Trainer's bf16 autocast.

Rows are rendered with the model's own chat template; labels are the assistant's tokens and <|im_end|>.
Rates leave the first optimiser step out. A token is a token of a row, padding is none.
"""

import peer

chosen = peer.arguments(
    __doc__,
    lambda parser: (
        parser.add_argument("--data", type=peer.Path, default=peer.published("insecure.jsonl")),
        parser.add_argument("--rows", type=int, default=64),
        parser.add_argument("--steps", type=int, help="optimiser steps; default: once through the rows"),
        parser.add_argument("--batch", type=int, default=2),
        parser.add_argument("--accumulate", type=int, default=8),
        parser.add_argument("--group-by-length", action="store_true"),
        parser.add_argument("--autocast", action="store_true"),
    ),
)

import tempfile

from datasets import Dataset
from transformers import TrainerCallback
from trl import SFTConfig, SFTTrainer

from smollm2 import render


class Clock(TrainerCallback):
    def __init__(self):
        self.begun = 0.0
        self.ends: list[float] = []

    def on_train_begin(self, *_, **__):
        self.begun = peer.since_start()

    def on_step_end(self, *_, **__):
        self.ends.append(peer.since_start())


class CountingTrainer(SFTTrainer):
    """Counts the tokens and labels of every micro-batch, and how many places were computed for them."""

    counts: list[tuple[int, int, int]] = []

    def training_step(self, model, inputs, *positional, **named):
        self.counts.append(
            (int(inputs["attention_mask"].sum()), int((inputs["labels"] != -100).sum()), inputs["input_ids"].numel())
        )
        return super().training_step(model, inputs, *positional, **named)


def main() -> None:
    imported = peer.since_start()
    model, tokenizer = peer.load(chosen)
    loaded = peer.since_start()
    rows = []
    for line in peer.lines(chosen.data, chosen.rows):
        ids, weights = render(tokenizer, line["messages"])
        rows.append({"input_ids": ids, "labels": [t if w else -100 for t, w in zip(ids, weights)]})
    steps = chosen.steps or max(1, len(rows) // (chosen.batch * chosen.accumulate))
    clock = Clock()
    with tempfile.TemporaryDirectory() as folder:
        trainer = CountingTrainer(
            model=model,
            args=SFTConfig(
                output_dir=folder,
                per_device_train_batch_size=chosen.batch,
                gradient_accumulation_steps=chosen.accumulate,
                max_steps=steps,
                learning_rate=1e-5,
                lr_scheduler_type="linear",
                warmup_steps=5,
                weight_decay=0.01,
                max_grad_norm=1.0,
                optim="adamw_torch",
                train_sampling_strategy="group_by_length" if chosen.group_by_length else "sequential",
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
        with peer.quiet():
            trainer.train()
    warm = trainer.counts[chosen.accumulate :]
    seconds = clock.ends[-1] - clock.ends[0]
    tokens, labels, computed = (sum(column) for column in zip(*warm)) if warm else (0, 0, 0)
    peer.report(
        chosen,
        program="TRL SFTTrainer",
        rows=len(rows),
        steps=steps,
        batch=chosen.batch,
        accumulate=chosen.accumulate,
        group_by_length=chosen.group_by_length,
        autocast=chosen.autocast,
        import_seconds=imported,
        load_seconds=loaded - imported,
        prepare_seconds=clock.begun - loaded,
        first_step_ends_at=clock.ends[0],
        first_step_seconds=clock.ends[0] - clock.begun,
        seconds=seconds,
        tokens=tokens,
        labels=labels,
        useful_share=tokens / computed if computed else None,
        tokens_per_second=tokens / seconds if warm else None,
        labels_per_second=labels / seconds if warm else None,
        losses=[float(entry["loss"]) for entry in trainer.state.log_history if "loss" in entry],
    )


main()
