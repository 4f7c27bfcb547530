"""Golden values of the real SmolLM2-135M-Instruct GGUF: SHA-256 of every tensor as transformers loads it.

Run with torch 2.13.0, transformers 5.24.0, gguf 0.19.0:
    python References/checkpoint/smollm2.py .deps/models/SmolLM2-135M-Instruct.Q4_1.gguf
writes golden/smollm2.json beside this script.
"""

import hashlib
import json
import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM

GOLDEN = pathlib.Path(__file__).parent / "golden"


def digest(tensor: torch.Tensor) -> str:
    flat = tensor.detach().contiguous().flatten()
    return hashlib.sha256(flat.view(torch.uint8).numpy().tobytes()).hexdigest()


def main() -> None:
    path = pathlib.Path(sys.argv[1])
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32)
    names = dict(model.named_parameters())
    config = model.config.to_dict()
    keys = [
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "head_dim", "rms_norm_eps", "max_position_embeddings", "tie_word_embeddings",
    ]
    golden = {
        "float32": {name: digest(value) for name, value in names.items()},
        "bfloat16": {
            name: digest(value.to(torch.bfloat16))
            for name, value in names.items()
            if ".layers." not in name or ".layers.0." in name
        },
        "config": {key: config[key] for key in keys} | {"rope_theta": config["rope_parameters"]["rope_theta"]},
    }
    (GOLDEN / "smollm2.json").write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
