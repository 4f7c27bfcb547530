"""Writes Tests/Fixtures/models/<family>/: config.json and model.safetensors of every tiny model.

    python References/engine/make_models.py
"""

import json
import shutil
from pathlib import Path

import torch
from transformers.utils import logging

from families import FAMILIES, build

FIXTURES = Path(__file__).resolve().parents[2] / "Tests" / "Fixtures"


def hub_style(written: dict, keys: dict) -> dict:
    """config.json as the published models of the family have it, before transformers 5 renamed the keys."""
    renamed = {"rope_parameters", "layer_types", "dtype"}
    if written.get("head_dim") == written["hidden_size"] // written["num_attention_heads"]:
        renamed.add("head_dim")
    return {key: value for key, value in written.items() if key not in renamed} | {"torch_dtype": "float32"} | keys


def main() -> None:
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    for family in FAMILIES:
        folder = FIXTURES / "models" / family.name
        shutil.rmtree(folder, ignore_errors=True)
        build(family).save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        file = folder / "config.json"
        configuration = {key: value for key, value in json.loads(file.read_text()).items() if key[0] != "_"}
        if family.hub_style:
            configuration = hub_style(configuration, family.hub_keys)
        file.write_text(json.dumps(configuration, indent=2, sort_keys=True) + "\n")
        print(f"{family.name:15} {(folder / 'model.safetensors').stat().st_size:8} bytes")


if __name__ == "__main__":
    main()
