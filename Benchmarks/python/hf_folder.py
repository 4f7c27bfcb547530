"""Writes a GGUF as a Hugging Face folder in float32: what a user of the peers would have downloaded.

    python Benchmarks/python/hf_folder.py MODEL.gguf FOLDER
"""

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "References" / "engine"))

from smollm2 import load_model, load_tokenizer


def main() -> None:
    gguf, folder = Path(sys.argv[1]), Path(sys.argv[2])
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    load_model(gguf).save_pretrained(unfinished)
    load_tokenizer(gguf).save_pretrained(unfinished)
    unfinished.rename(folder)


if __name__ == "__main__":
    main()
