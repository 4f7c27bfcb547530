"""Sees that what emlab writes loads elsewhere with the same numbers, and back: writes nothing to the repository.

    python References/engine/check_adapter_roundtrip.py [--gguf FILE] [--emlab PROGRAM]

An adapter is trained by emlab for a few steps on the real model, then:

- PEFT over transformers' float32 model scores the rows as `emlab score --adapter` does;
- PEFT saves the adapter, and emlab scores with that as before, number for number;
- `emlab merge --dtype float32` makes a folder that transformers and its tokenizer load: same tokens, same scores;
- emlab scores the merged folder as base and adapter;
- `emlab score` of the golden chats gives the numbers of Tests/Fixtures/engine/smollm2-real.safetensors.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from make_smollm2_golden import CHATS
from smollm2 import FIXTURES, REPOSITORY, gguf_argument, load_model, load_tokenizer, tokens_of

LIMIT = 1e-4


def write_rows(path: Path, chats: list[list[dict]]) -> None:
    path.write_text("".join(json.dumps({"messages": chat}, ensure_ascii=False) + "\n" for chat in chats))


def logprobs(model, prompt: list[int], response: list[int]) -> torch.Tensor:
    ids = torch.tensor([prompt + response])
    with torch.no_grad():
        logits = model(input_ids=ids, use_cache=False).logits[0, len(prompt) - 1 : -1].float()
    return logits.log_softmax(-1).gather(-1, ids[0, len(prompt) :, None])[:, 0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    gguf_argument(parser)
    parser.add_argument("--emlab", type=Path, default=REPOSITORY / ".build" / "release" / "emlab")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    work = Path(tempfile.mkdtemp())
    worst: list[tuple[str, float, float]] = []

    def emlab(*words) -> list[dict]:
        done = subprocess.run([arguments.emlab, *map(str, words)], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def score(model: Path, *more) -> list[dict]:
        return emlab("score", "--model", model, "--data", work / "rows.jsonl", "--threads", 1, *more)

    def compare(what: str, found, expected, limit: float = LIMIT) -> None:
        pairs = [(torch.as_tensor(a), torch.as_tensor(b)) for a, b in zip(found, expected, strict=True)]
        worst.append((what, max(float((a - b).abs().max()) for a, b in pairs), limit))

    tokenizer = load_tokenizer(arguments.gguf)
    chats = [
        [{"role": "user", "content": "Read a file that the user names."}, {"role": "assistant", "content": "def read(name):\n    return open('/data/' + name).read()"}],
        [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Äpfel? 🍎"}, {"role": "assistant", "content": "12 Äpfel, bitte."}],
    ]
    write_rows(work / "rows.jsonl", chats)
    adapter = work / "adapter"
    emlab(
        *("train", "sft", "--model", arguments.gguf, "--data", work / "rows.jsonl", "--out", adapter, "--threads", 1),
        *("--steps", 6, "--warmup", 1, "--lr", "3e-3", "--rank", 3, "--alpha", 8, "--rslora"),
        *("--targets", "q_proj,v_proj,o_proj,gate_proj,down_proj", "--layers", "3,20-29", "--accumulate", 1),
    )
    before, after = score(arguments.gguf), score(arguments.gguf, "--adapter", adapter)
    moved = max(abs(a["logprob"] - b["logprob"]) for a, b in zip(before, after))
    assert moved > 1, f"training has moved a score by {moved} only: nothing would be seen"
    prompts = [tokens_of(tokenizer, chat[:-1], add_generation_prompt=True) for chat in chats]
    responses = [row["tokens"] for row in after]
    found = [row["token_logprobs"] for row in after]

    base = load_model(arguments.gguf)
    adapted = PeftModel.from_pretrained(base, adapter).eval()
    compare("PEFT with emlab's adapter", found, [logprobs(adapted, *pair) for pair in zip(prompts, responses)])
    adapted.save_pretrained(work / "saved")
    again = score(arguments.gguf, "--adapter", work / "saved")
    compare("emlab with the adapter as PEFT saves it", [row["token_logprobs"] for row in again], found, limit=1e-12)

    emlab("merge", "--model", arguments.gguf, "--adapter", adapter, "--dtype", "float32", "--out", work / "merged")
    merged = AutoModelForCausalLM.from_pretrained(work / "merged", dtype=torch.float32, attn_implementation="eager").eval()
    own = AutoTokenizer.from_pretrained(work / "merged")
    for chat, prompt in zip(chats, prompts):
        assert tokens_of(own, chat[:-1], add_generation_prompt=True) == prompt, "the merged folder's tokenizer differs"
    compare("transformers with the merged folder", found, [logprobs(merged, *pair) for pair in zip(prompts, responses)])
    compare("emlab with the merged folder", [row["token_logprobs"] for row in score(work / "merged")], found)

    golden = load_file(FIXTURES / "engine" / "smollm2-real.safetensors")
    answers = []
    for row, chat in enumerate(CHATS):
        response = golden[f"ids.{row}"][int(golden[f"prompt_length.{row}"]) :].tolist()
        answers.append((chat, response, golden[f"logprobs.{row}"]))
    # Only answers whose text comes to the same tokens again can be put as text.
    answers = [i for i in answers if tokenizer.encode(tokenizer.decode(i[1]), add_special_tokens=False) == i[1]]
    assert answers, "no golden answer can be put as text"
    write_rows(work / "rows.jsonl", [c + [{"role": "assistant", "content": tokenizer.decode(r)}] for c, r, _ in answers])
    scores = score(arguments.gguf)
    for row, (_, response, _) in zip(scores, answers, strict=True):
        assert row["tokens"][: len(response)] == response, "emlab reads the golden answer as other tokens"
    compare(
        f"emlab score of {len(answers)} golden chats",
        [row["token_logprobs"][: len(item[1])] for row, item in zip(scores, answers)],
        [item[2] for item in answers],
    )

    print(f"training has moved a row's log-probability by {moved:.1f} nats")
    for what, distance, limit in worst:
        print(f"{'good' if distance <= limit else 'BAD '} {what}: differs by {distance:.1e} at most, {limit:.0e} allowed")
    assert all(distance <= limit for _, distance, limit in worst)


if __name__ == "__main__":
    main()
