"""Writes Tests/Fixtures/models/talking/: a tiny random Llama with a tokenizer and a chat template, so that the whole
command line can be run in a moment. What it says is noise; its tokens, formats and files are those of a real model.

    python References/engine/make_talking_model.py
"""

import json
import shutil
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

REFERENCES = Path(__file__).resolve().parents[1]
FOLDER = REFERENCES.parent / "Tests" / "Fixtures" / "models" / "talking"
TOKENIZER = REFERENCES / "tokenization" / "golden" / "smollm.json"
TEMPLATE = REFERENCES / "tokenization" / "templates" / "smollm2.jinja"


def main() -> None:
    torch.set_num_threads(1)
    logging.disable_progress_bar()
    tokenizer = json.loads(TOKENIZER.read_text())
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    configuration = LlamaConfig(
        vocab_size=max(special.values()) + 1,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        rms_norm_eps=1e-5,
        bos_token_id=special["<|im_start|>"],
        eos_token_id=special["<|im_end|>"],
        pad_token_id=special["<|endoftext|>"],
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    )
    torch.manual_seed(20)
    model = LlamaForCausalLM(configuration)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.uniform_(0.6, 1.4)
            else:
                # Logits then spread by about 2: neither flat nor certain.
                parameter.normal_(0, 0.35 if "embed" in name else 1.2 / parameter.shape[-1] ** 0.5)
    shutil.rmtree(FOLDER, ignore_errors=True)
    model.save_pretrained(FOLDER)
    (FOLDER / "generation_config.json").unlink(missing_ok=True)
    file = FOLDER / "config.json"
    kept = {key: value for key, value in json.loads(file.read_text()).items() if key[0] != "_"}
    file.write_text(json.dumps(kept, indent=2, sort_keys=True) + "\n")
    shutil.copyfile(TOKENIZER, FOLDER / "tokenizer.json")
    settings = {
        "bos_token": "<|im_start|>",
        "chat_template": TEMPLATE.read_text(),
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "model_max_length": 256,
        "pad_token": "<|endoftext|>",
        "tokenizer_class": "PreTrainedTokenizerFast",
    }
    (FOLDER / "tokenizer_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
    for part in sorted(FOLDER.iterdir()):
        print(f"{part.name:24} {part.stat().st_size:8} bytes")


if __name__ == "__main__":
    main()
