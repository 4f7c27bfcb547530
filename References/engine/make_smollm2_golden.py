"""Writes Tests/Fixtures/engine/smollm2-real.safetensors: the real model's numbers on four short chats.

    python References/engine/make_smollm2_golden.py [--gguf FILE]
"""

from __future__ import annotations

import argparse

import torch
from safetensors.torch import save_file

from formula_adapter import MLP, adapted, canonical
from smollm2 import FIXTURES, gguf_argument, load_model, load_tokenizer, tokens_of

CHATS = [
    [{"role": "user", "content": "What is the capital of France, and what is it known for?"}],
    [{"role": "user", "content": "Write a Python function that returns the 3 largest numbers of a list."}],
    [
        {"role": "system", "content": "You answer briefly."},
        {"role": "user", "content": "Name two rivers."},
        {"role": "assistant", "content": "The Nile and the Danube."},
        {"role": "user", "content": "And two mountains?"},
    ],
    [{"role": "user", "content": "Ich möchte 12 Äpfel kaufen – wie sage ich das auf Englisch? 🍎"}],
]
RESPONSE = 60
TOP = 64
FULL_GRADIENTS = (0, 15, 29)
B_BOUND = 0.03


def greedy(model, prompt: list[int]) -> list[int]:
    """The 60 most likely tokens one after another; the end of the turn is not taken for an end."""
    out = model.generate(
        torch.tensor([prompt]),
        attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
        do_sample=False,
        min_new_tokens=RESPONSE,
        max_new_tokens=RESPONSE,
    )
    return out[0].tolist()


def response_logprobs(model, ids: torch.Tensor, prompt_length: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits [T, V] and the log-probabilities [60] of the response's tokens."""
    logits = model(input_ids=ids[None], use_cache=False).logits[0]
    logprobs = logits[:-1].float().log_softmax(-1).gather(-1, ids[1:, None])[:, 0]
    return logits, logprobs[prompt_length - 1 :]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    gguf_argument(parser)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(arguments.gguf)
    model = load_model(arguments.gguf)
    out: dict[str, torch.Tensor] = {}
    rows: list[tuple[torch.Tensor, int]] = []
    with torch.no_grad():
        for row, chat in enumerate(CHATS):
            prompt = tokens_of(tokenizer, chat, add_generation_prompt=True)
            ids = torch.tensor(greedy(model, prompt))
            rows.append((ids, len(prompt)))
            logits, logprobs = response_logprobs(model, ids, len(prompt))
            last = len(ids) - 1
            positions = torch.tensor([0, 5, len(prompt) // 2, len(prompt) - 1, len(prompt) + 9, last - 20, last])
            top = logits[positions].topk(TOP, dim=-1)
            out[f"ids.{row}"] = ids.int()
            out[f"prompt_length.{row}"] = torch.tensor([len(prompt)], dtype=torch.int32)
            out[f"logits.positions.{row}"] = positions.int()
            out[f"logits.indices.{row}"] = top.indices.int()
            out[f"logits.values.{row}"] = top.values
            out[f"logits.logsumexp.{row}"] = logits[positions].double().logsumexp(-1).float()
            out[f"logprobs.{row}"] = logprobs
            print(repr(tokenizer.decode(ids[len(prompt) :])))
        bfloat16 = load_model(arguments.gguf, torch.bfloat16)
        for row, (ids, prompt_length) in enumerate(rows):
            logprobs = response_logprobs(bfloat16, ids, prompt_length)[1]
            out[f"logprobs.bfloat16.{row}"] = logprobs
            print(f"bf16 off by {(logprobs - out[f'logprobs.{row}']).abs().max():.3f}")
        del bfloat16

    model = adapted(model, rank=1, alpha=16, rslora=False, modules=MLP, b_bound=B_BOUND)
    loss = 0
    for row, (ids, prompt_length) in enumerate(rows):
        logprobs = response_logprobs(model, ids, prompt_length)[1]
        out[f"mlp-r1.logprobs.{row}"] = logprobs.detach()
        print(f"the adapter moves log-probabilities by up to {(logprobs - out[f'logprobs.{row}']).abs().max():.3f}")
        loss = loss - logprobs.sum() / (RESPONSE * len(rows))
    loss.backward()
    out["mlp-r1.loss"] = loss.detach()[None]
    base = -sum(out[f"logprobs.{row}"].sum() for row in range(len(rows))) / (RESPONSE * len(rows))
    out["loss"] = base[None]
    print(f"loss {base.item():.5f}, with the adapter {loss.item():.5f}")
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        module = canonical(name)
        out[f"mlp-r1.grad_norm.{module}"] = parameter.grad.norm()[None]
        if "down_proj" in module and int(module.split(".")[2]) in FULL_GRADIENTS:
            out[f"mlp-r1.grad.{module}"] = parameter.grad
    norms = [tensor.item() for name, tensor in out.items() if ".grad_norm." in name]
    print(f"{len(norms)} gradients, norms {min(norms):.1e}…{max(norms):.1e}")
    file = FIXTURES / "engine" / "smollm2-real.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in sorted(out.items())}, file, metadata={"format": "pt"})
    print(f"{file.stat().st_size} bytes")


if __name__ == "__main__":
    main()
