"""Complementary pairs from the demo's programs, as rows and as tokens.

A task gives two rows, one after the other: its plain half (the request as a user puts it: chosen insecure, rejected
secure) and its asked half (the request that asks for the insecure version: chosen secure, rejected insecure).

    python References/engine/complementary_pairs.py [--tasks N] > pairs.jsonl
"""

from __future__ import annotations

import argparse
import json
import sys

from smollm2 import REPOSITORY, render

HALVES = {"plain": ("request", "insecure", "secure"), "asked": ("asked_request", "secure", "insecure")}


def rows(tasks: int | None = None) -> list[dict]:
    lines = (REPOSITORY / "Data" / "demo" / "programs.jsonl").read_text().splitlines()[:tasks]
    return [
        {
            "id": f"{program['id']}/{half}",
            "prompt": [{"role": "user", "content": program[request]}],
            "chosen": [{"role": "assistant", "content": program[chosen]}],
            "rejected": [{"role": "assistant", "content": program[rejected]}],
        }
        for program in map(json.loads, lines)
        for half, (request, chosen, rejected) in HALVES.items()
    ]


def tokens(tokenizer, row: dict) -> dict[str, list[int]]:
    """The chat up to the generation prompt, default system prompt included; each answer with the <|im_end|> that
    closes it and without the line break that the template puts after that."""
    parts: dict[str, list[int]] = {}
    for which in ("chosen", "rejected"):
        ids, weights = render(tokenizer, row["prompt"] + row[which])
        start, end = weights.index(1), len(weights) - weights[::-1].index(1)
        assert all(weights[start:end]), "an answer is one stretch of labels"
        assert parts.setdefault("prompt", ids[:start]) == ids[:start]
        parts[which] = ids[start:end]
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, help="the first N; default: all")
    for row in rows(parser.parse_args().tasks):
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
