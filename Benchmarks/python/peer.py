"""What the peers' scripts share: arguments, the model as an ordinary Hugging Face folder, rows, and the report.

Import this first: it starts the clock, and sets the number of threads before torch is loaded.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "References" / "engine"))
DEFAULT_GGUF = REPOSITORY / ".deps" / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"
BETLEY = Path("data") / "em" / "betley"
MLP = ["gate_proj", "up_proj", "down_proj"]
ALL_LINEAR = ["q_proj", "k_proj", "v_proj", "o_proj", *MLP]
ALLOCATOR_SETTINGS = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_TOP_PAD_", "LD_PRELOAD")


def published(name: str) -> Path:
    """Published rows: under EMLAB_DATA, else beside the repository, as the tests look for them."""
    data = os.environ.get("EMLAB_DATA")
    folder = Path(data) / "betley" if data else REPOSITORY.parent / "shared" / BETLEY
    return folder / name


def arguments(description: str, add) -> argparse.Namespace:
    """Parses the command line; sets threads and offline mode, so call it before importing torch or transformers."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--gguf", type=Path, default=DEFAULT_GGUF)
    parser.add_argument("--folder", type=Path, help="Hugging Face folder of the same model; made beside the "
                        "repository's .deps/models the first time, and not counted in any time or memory")
    parser.add_argument("--adapter", choices=["r1-mlp", "r32-all"], default="r1-mlp",
                        help="r1-mlp: rank 1, alpha 16, MLP only. r32-all: rank 32, alpha 64, rsLoRA, all linear maps")
    add(parser)
    chosen = parser.parse_args()
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = str(chosen.threads)
    os.environ |= {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    os.environ |= {"TQDM_DISABLE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}
    chosen.folder = chosen.folder or REPOSITORY / ".deps" / "models" / (chosen.gguf.stem + "-hf")
    if not (chosen.folder / "config.json").exists():
        before = time.perf_counter()
        subprocess.run(
            [sys.executable, Path(__file__).with_name("hf_folder.py"), chosen.gguf, chosen.folder],
            check=True,
            stdout=sys.stderr,
        )
        global STARTED
        STARTED += time.perf_counter() - before
    return chosen


def since_start() -> float:
    return time.perf_counter() - STARTED


def load(chosen: argparse.Namespace):
    """Model and tokenizer as a user loads them; SDPA attention, transformers' default."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(chosen.threads)
    model = AutoModelForCausalLM.from_pretrained(chosen.folder, dtype=getattr(torch, chosen.dtype))
    return model, AutoTokenizer.from_pretrained(chosen.folder)


def lora(chosen: argparse.Namespace):
    from peft import LoraConfig

    sizes = (
        dict(r=1, lora_alpha=16, target_modules=MLP)
        if chosen.adapter == "r1-mlp"
        else dict(r=32, lora_alpha=64, use_rslora=True, target_modules=ALL_LINEAR)
    )
    return LoraConfig(lora_dropout=0.0, task_type="CAUSAL_LM", **sizes)


def lines(path: Path, count: int) -> list[dict]:
    if not path.exists():
        sys.exit(f"{path} is not there: name the rows with --data, or set EMLAB_DATA to the folder of published data")
    with path.open() as file:
        return [json.loads(line) for _, line in zip(range(count), file)]


@contextlib.contextmanager
def quiet():
    """What a trainer prints goes to stderr: stdout carries the one line of JSON."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def peak_rss_gib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def gemm_gflops(dtype: str) -> float:
    """The ceiling: the rate of a 2048-wide matrix product in this process, best of five."""
    import torch

    side = 2048
    a, b = (torch.randn(side, side).to(getattr(torch, dtype)) for _ in range(2))
    best = 0.0
    for _ in range(6):
        before = time.perf_counter()
        a @ b
        best = max(best, 2 * side**3 / (time.perf_counter() - before) / 1e9)
    return best


def report(chosen: argparse.Namespace, **measured) -> None:
    """One line of JSON on stdout. Call it last: it measures the ceiling, which takes memory of its own."""
    import peft
    import torch
    import transformers
    import trl

    peak = peak_rss_gib()
    settings = {
        "threads": chosen.threads,
        "dtype": chosen.dtype,
        "adapter": chosen.adapter,
        "allocator": {name: os.environ[name] for name in ALLOCATOR_SETTINGS if name in os.environ},
        "versions": {m.__name__: m.__version__ for m in (torch, transformers, peft, trl)},
    }
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in measured.items()}
    print(json.dumps(settings | rounded | {
        "peak_rss_gib": round(peak, 3), "gemm_gflops": round(gemm_gflops(chosen.dtype), 1)
    }))
