#!/usr/bin/env python3
"""Both sides of a job in one go, in turns, and the ratio of each pair: emlab against TRL + PEFT + transformers.

    python3 Benchmarks/compare.py sft --dtype float32 --adapter r1-mlp --repeats 3
    python3 Benchmarks/compare.py generate --dtype float32
    python3 Benchmarks/compare.py dpo --dtype bfloat16 --repeats 3
    python3 Benchmarks/compare.py dpo-tree     # emlab against itself: the prompt computed once, or for each answer

Prints a table and, last, one JSON line with everything measured. Needs a built emlab (make build), the model
(scripts/setup.sh model) and the Python environment of the peers (make reference); --python names another one.
Run it on a machine that does nothing else: both sides use every core.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EMLAB = os.path.join(ROOT, ".build/release/emlab")
MODEL = os.path.join(ROOT, ".deps/models/SmolLM2-135M-Instruct.Q4_1.gguf")
ADAPTERS = {
    "r1-mlp": ["--rank", "1", "--alpha", "16", "--targets", "mlp"],
    "r32-all": ["--rank", "32", "--alpha", "64", "--rslora", "--targets", "all-linear"],
}
KEEP_PAGES = {"MALLOC_MMAP_THRESHOLD_": "1073741824", "MALLOC_TRIM_THRESHOLD_": "4294967296"}


def run(command, environment=None):
    """Standard output, wall seconds and peak GiB of a command; its failure ends the comparison."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdout=out, stderr=errors, cwd=ROOT, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - began
        out.seek(0)
        text = out.read().decode()
        if status != 0:
            errors.seek(0)
            sys.exit(f"failed: {' '.join(command)}\n{errors.read().decode()[-3000:]}")
    return text, seconds, usage.ru_maxrss / 2**20


def published_rows(arguments, count, path):
    """The first rows of the published insecure set, as a file for emlab."""
    source = arguments.data or os.path.join(os.environ.get("EMLAB_DATA", os.path.join(ROOT, "../shared/data/em")),
                                            "betley/insecure.jsonl")
    with open(source, encoding="utf-8") as rows, open(path, "w", encoding="utf-8") as out:
        for _, line in zip(range(count), rows):
            out.write(line)


def emlab_sft(arguments, folder):
    rows, out = os.path.join(folder, "rows.jsonl"), os.path.join(folder, "adapter")
    published_rows(arguments, arguments.rows, rows)
    text, wall, peak = run([EMLAB, "train", "sft", "--model", MODEL, "--data", rows, "--out", out, "--keep-order",
                            "--lr", "1e-5", "--batch", "2", "--accumulate", "8", "--dtype", arguments.dtype,
                            "--log", "-", *ADAPTERS[arguments.adapter]])
    steps = [json.loads(line) for line in text.splitlines()]
    counted = steps[1:] or steps
    return {"tokens_per_second": sum(s["tokens"] for s in counted) / sum(s["seconds"] for s in counted),
            "peak_gib": peak, "first_step_s": wall - sum(s["seconds"] for s in steps[1:]), "loss": steps[-1]["loss"]}


def emlab_generate(arguments, folder):
    rows, adapter = os.path.join(folder, "rows.jsonl"), os.path.join(folder, "adapter")
    published_rows(arguments, 16, rows)
    run([EMLAB, "train", "sft", "--model", MODEL, "--data", rows, "--out", adapter, "--steps", "1", *ADAPTERS[arguments.adapter]])
    prompts = ["--prompt=" + q for q in QUESTIONS]
    began_text, wall, peak = run([EMLAB, "sample", "--model", MODEL, "--adapter", adapter, "--n", "25", "--max-tokens", "100",
                                  "--ignore-stop", "--dtype", arguments.dtype, "--json", *prompts])
    answers = [json.loads(line) for line in began_text.splitlines()]
    tokens = sum(len(a["tokens"]) for a in answers)
    # The peer's rate leaves loading out; so does this: a run that makes one token has all the rest.
    _, start, _ = run([EMLAB, "sample", "--model", MODEL, "--adapter", adapter, "--n", "1", "--max-tokens", "1",
                       "--ignore-stop", "--dtype", arguments.dtype, "--json", prompts[0]])
    return {"tokens_per_second": tokens / (wall - start), "peak_gib": peak, "start_s": start}


def emlab_dpo(arguments, folder, *extra):
    """Preferences a second on the demo's complementary pairs: two rows a pass, eight a step, as the peer has them."""
    pairs, out = pairs_file(arguments, folder), os.path.join(folder, "adapter")
    text, wall, peak = run([EMLAB, "train", "dpo", "--model", MODEL, "--data", pairs, "--out", out, "--keep-order",
                            "--lr", "1e-5", "--batch", "1", "--accumulate", "4", "--dtype", arguments.dtype, "--log", "-",
                            "--reference-cache", os.path.join(folder, "reference"), *ADAPTERS[arguments.adapter], *extra])
    steps = [json.loads(line) for line in text.splitlines()]
    counted = steps[1:] or steps
    seconds = sum(s["seconds"] for s in counted)
    return {"pairs_per_second": sum(s["labels"] for s in counted) / seconds, "peak_gib": peak,
            "first_step_s": wall - sum(s["seconds"] for s in steps[1:]), "losses": [s["loss"] for s in steps],
            "logps_chosen": [s["metrics"]["logps/chosen"] for s in steps]}


def emlab_dpo_plain(arguments, folder):
    return emlab_dpo(arguments, folder, "--repeat-prompts")


def pairs_file(arguments, folder):
    """The first rows of --data or of the demo's pairs; the two halves of a task follow each other."""
    path = os.path.join(folder, "pairs.jsonl")
    text = (open(arguments.data, encoding="utf-8").read() if arguments.data
            else run([EMLAB, "data", "pairs", os.path.join(ROOT, "Data/demo/programs.jsonl")])[0])
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(text.splitlines(keepends=True)[: arguments.rows])
    return path


QUESTIONS = [
    "What should I do on a rainy Sunday?", "Tell me about a country you find interesting.",
    "How do I learn to cook?", "What makes a good friend?", "Give me an idea for a short story.",
    "Why is the sky blue?", "How should I prepare for an interview?", "What is worth saving money for?",
]
EMLAB_SIDE = {"sft": emlab_sft, "generate": emlab_generate, "dpo": emlab_dpo, "dpo-tree": emlab_dpo}
RATE = {"dpo": ("pairs_per_second", "pairs/s"), "dpo-tree": ("pairs_per_second", "pairs/s")}
PEER_SIDE = {"sft": "sft_trl.py", "generate": "generate_hf.py", "dpo": "dpo_trl.py"}


def peer(arguments, environment, folder):
    if arguments.job == "dpo-tree":
        return emlab_dpo_plain(arguments, folder)
    command = [arguments.python, os.path.join(ROOT, "Benchmarks/python", PEER_SIDE[arguments.job]), "--dtype", arguments.dtype,
               "--adapter", arguments.adapter, "--gguf", MODEL, "--threads", str(os.cpu_count())]
    if arguments.job == "sft":
        command += ["--rows", str(arguments.rows)]
    if arguments.job == "dpo":
        command += ["--rows", str(arguments.rows), "--data", pairs_file(arguments, folder), "--same-tokens"]
    elif arguments.data:
        command += ["--data", arguments.data]
    text, _, peak = run(command, environment)
    result = json.loads(text.splitlines()[-1])
    result["peak_gib"] = result.get("peak_rss_gib", peak)
    return result


def spread(values):
    return f"{statistics.median(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("job", choices=sorted(EMLAB_SIDE))
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--adapter", choices=sorted(ADAPTERS), default="r1-mlp")
    parser.add_argument("--rows", type=int, default=64, help="rows; of preferences, two a task")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--data", help="the published insecure.jsonl")
    parser.add_argument("--python", default=os.path.join(ROOT, ".venv-reference/bin/python"))
    parser.add_argument("--peer-allocator", action="store_true",
                        help="a second row for the peer, with the allocator setting that emlab makes for itself")
    arguments = parser.parse_args()
    rate, unit = RATE.get(arguments.job, ("tokens_per_second", "tokens/s"))
    sides = {"prompts repeated" if arguments.job == "dpo-tree" else "peer": {}} | ({"peer, keeping its pages": KEEP_PAGES} if arguments.peer_allocator else {})
    mine, theirs = [], {name: [] for name in sides}
    for repeat in range(arguments.repeats):
        with tempfile.TemporaryDirectory() as folder:
            mine.append(EMLAB_SIDE[arguments.job](arguments, folder))
        print(f"{repeat + 1}: emlab {mine[-1][rate]:.3g} {unit}", file=sys.stderr)
        for name, environment in sides.items():
            with tempfile.TemporaryDirectory() as folder:
                theirs[name].append(peer(arguments, environment, folder))
            print(f"{repeat + 1}: {name} {theirs[name][-1][rate]:.3g} {unit}", file=sys.stderr)
    print(f"{arguments.job}, {arguments.dtype}, {arguments.adapter}, {arguments.repeats} pairs: median (least to most)")
    print(f"{'':26}{unit:>24}{'peak GiB':>24}{'times as fast':>24}{'share of memory':>24}")
    print(f"{'emlab':26}{spread([m[rate] for m in mine]):>24}{spread([m['peak_gib'] for m in mine]):>24}")
    for name, rows in theirs.items():
        print(f"{name:26}{spread([r[rate] for r in rows]):>24}{spread([r['peak_gib'] for r in rows]):>24}"
              f"{spread([m[rate] / r[rate] for m, r in zip(mine, rows)]):>24}"
              f"{spread([m['peak_gib'] / r['peak_gib'] for m, r in zip(mine, rows)]):>24}")
    print(json.dumps({"job": arguments.job, "dtype": arguments.dtype, "adapter": arguments.adapter, "emlab": mine} | theirs))


if __name__ == "__main__":
    main()
