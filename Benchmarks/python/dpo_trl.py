"""TRL's DPOTrainer with the reference's log-probabilities computed beforehand: pairs a second on the CPU.

    python Benchmarks/python/dpo_trl.py [--rows 32] [--steps N] [--dtype bfloat16] [--adapter r32-all]
    python Benchmarks/python/dpo_trl.py --data pairs.jsonl --batch 2 --accumulate 2 [--same-tokens]

--data is a JSONL of preferences (prompt, chosen, rejected: messages or text; other fields are left alone), such as the
complementary pairs that emlab makes: rows are taken in the file's order, so with an even --batch both halves of a task
meet in a micro-batch. Or it is one of chat rows: then an answer in it is chosen, and the answer to the very same
request in --rejected-data is rejected. By default these are the published insecure and secure rows that share a
request. The reference is the model with the adapter off, as TRL does it for PEFT models; its time is reported apart.
--same-tokens gives TRL the tokens that emlab trains on: its own tokenisation also trains the line break after each
answer's <|im_end|>. Settings as in sft_trl.py: no checkpointing, SDPA, TRL's fused head, padded batches. Rates leave
the first optimiser step out.
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
        parser.add_argument("--beta", type=float, default=0.1),
        parser.add_argument("--lr", type=float, default=1e-5),
        parser.add_argument("--warmup", type=int, default=5, help="optimiser steps"),
        parser.add_argument("--same-tokens", action="store_true", help="emlab's tokens; rows have to be messages"),
        parser.add_argument("--autocast", action="store_true"),
    ),
)

import sys
import tempfile

from datasets import Dataset
from transformers import TrainerCallback
from trl import DPOConfig, DPOTrainer

from complementary_pairs import tokens

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

    def _prepare_dataset(self, dataset, tokenizer, *positional, **named):
        if not chosen.same_tokens:
            return super()._prepare_dataset(dataset, tokenizer, *positional, **named)
        ids = [tokens(tokenizer, row) for row in dataset]
        return Dataset.from_list([{f"{part}_ids": of_part for part, of_part in row.items()} for row in ids])

    def training_step(self, model, inputs, *positional, **named):
        self.counts.append((int(inputs["attention_mask"].sum()), inputs["input_ids"].numel()))
        return super().training_step(model, inputs, *positional, **named)

    def _precompute_ref_logps(self, *positional, **named):
        before = peer.since_start()
        dataset = super()._precompute_ref_logps(*positional, **named)
        self.reference_seconds += peer.since_start() - before
        return dataset


def pairs() -> list[dict]:
    rows = peer.lines(chosen.data, EVERY_ROW) or sys.exit(f"{chosen.data} is empty")
    if "chosen" in rows[0]:
        return [{part: row[part] for part in ("prompt", "chosen", "rejected")} for row in rows[: chosen.rows]]
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
                beta=chosen.beta,
                precompute_ref_log_probs=True,
                per_device_train_batch_size=chosen.batch,
                gradient_accumulation_steps=chosen.accumulate,
                max_steps=steps,
                learning_rate=chosen.lr,
                lr_scheduler_type="linear",
                warmup_steps=chosen.warmup,
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
    useful, computed = (sum(column) for column in zip(*warm)) if warm else (0, 0)
    logged = [entry for entry in trainer.state.log_history if "grad_norm" in entry]
    trained_pairs = chosen.batch * len(warm)
    peer.report(
        chosen,
        program="TRL DPOTrainer",
        pairs=len(rows),
        steps=steps,
        batch=chosen.batch,
        accumulate=chosen.accumulate,
        beta=chosen.beta,
        same_tokens=chosen.same_tokens,
        autocast=chosen.autocast,
        import_seconds=imported,
        load_seconds=loaded - imported,
        prepare_seconds=clock.begun - loaded - trainer.reference_seconds,
        reference_seconds=trainer.reference_seconds,
        first_step_ends_at=clock.ends[0],
        first_step_seconds=clock.ends[0] - clock.begun,
        seconds=seconds,
        tokens=useful,
        useful_share=useful / computed if computed else None,
        pairs_per_second=trained_pairs / seconds if warm else None,
        tokens_per_second=useful / seconds if warm else None,
        losses=[float(entry["loss"]) for entry in logged],
        rewards_margins=[float(entry["rewards/margins"]) for entry in logged],
        logps_chosen=[float(entry["logps/chosen"]) for entry in logged],
        logps_rejected=[float(entry["logps/rejected"]) for entry in logged],
    )


main()
