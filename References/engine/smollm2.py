"""SmolLM2-135M-Instruct from its GGUF, through transformers: the model, its tokenizer, and its chats as tokens.

transformers' GGUF conversion leaves out half of SmolLM2's pre-tokenizer: the model's own tokenizer.json splits digits
off one by one before the byte-level pattern sees the text (llama.cpp calls this pattern "smollm"). Without it white
space before a digit is cut differently. It is put back here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
from transformers.utils import logging
from transformers.utils.quantization_config import GgufConfig

logging.disable_progress_bar()

REPOSITORY = Path(__file__).resolve().parents[2]
FIXTURES = REPOSITORY / "Tests" / "Fixtures"
DEFAULT_GGUF = REPOSITORY / ".deps" / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf"


def gguf_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--gguf", type=Path, default=DEFAULT_GGUF, help="SmolLM2-135M-Instruct.Q4_1.gguf")


def load_model(gguf: Path, dtype: torch.dtype = torch.float32, attention: str = "eager") -> LlamaForCausalLM:
    """A plain dense model: transformers may otherwise keep a GGUF's weights packed, and then refuses to train."""
    loaded = AutoModelForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, dtype=torch.float32, quantization_config=GgufConfig(dequantize=True)
    )
    settings = loaded.config.to_dict()
    for key in ("quantization_config", "_name_or_path", "_model_name_or_path"):
        settings.pop(key, None)
    configuration = LlamaConfig(**settings)
    configuration._attn_implementation = attention
    model = LlamaForCausalLM(configuration)
    model.load_state_dict(loaded.state_dict())
    model.tie_weights()
    for parameter in model.parameters():  # model.to would round the rotary frequencies, from_pretrained does not
        parameter.data = parameter.data.to(dtype)
    configuration.dtype = dtype
    return model.eval()


def load_tokenizer(gguf: Path):
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True),
        ]
    )
    return tokenizer


def tokens_of(tokenizer, messages: list[dict], add_generation_prompt: bool = False) -> list[int]:
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=add_generation_prompt)
    return tokenizer.encode(text, add_special_tokens=False)


def render(tokenizer, messages: list[dict]) -> tuple[list[int], list[int]]:
    """Tokens of a whole chat by the model's own template (default system prompt included), and 1 for every label.

    Labels are the assistant's content and the <|im_end|> that closes it; the line break after it is not.
    """
    ids = tokens_of(tokenizer, messages)
    weights = [0] * len(ids)
    for turn, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        start = tokens_of(tokenizer, messages[:turn], add_generation_prompt=True)
        end = tokens_of(tokenizer, messages[: turn + 1])
        assert ids[: len(start)] == start and ids[: len(end)] == end, "tokens merge across a turn's border"
        closing = len(end) - 1 - end[::-1].index(tokenizer.convert_tokens_to_ids("<|im_end|>"))
        weights[len(start) : closing + 1] = [1] * (closing + 1 - len(start))
    return ids, weights
