"""Checks that a model folder that emlab wrote from the SmolLM2 GGUF loads in transformers as the GGUF itself does.

    EMLAB_KEEP=DIR swift test --filter WritingTests    writes DIR/smollm2
    python References/checkpoint/exported.py DIR/smollm2 .deps/models/SmolLM2-135M-Instruct.Q4_1.gguf
"""

import pathlib
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

TEXTS = [
    "Hello, world 2026!", "def f(x):\n\treturn x ** 2  # é 日本語 😀", "<|im_start|>user\nhi<|im_end|>\n", "a  b\r\n\x00 c",
    "don't 12345 x_y", "\u0301\u200d  \n\n\n", "ſt ﷺ ½ ١٢٣",
]


def main() -> None:
    folder, gguf = map(pathlib.Path, sys.argv[1:])
    ours = AutoModelForCausalLM.from_pretrained(folder, dtype="auto")
    assert ours.dtype == torch.bfloat16, ours.dtype
    reference = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name, dtype=torch.float32)
    expected = dict(reference.named_parameters())
    found = dict(ours.named_parameters())
    assert found.keys() == expected.keys()
    for name, value in found.items():
        assert torch.equal(value, expected[name].to(torch.bfloat16)), name
    for key in ("rope_parameters", "rms_norm_eps", "head_dim", "max_position_embeddings", "tie_word_embeddings"):
        print(key, getattr(ours.config, key), getattr(reference.config, key))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    original = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    different = [text for text in TEXTS if tokenizer.encode(text) != original.encode(text)]
    print("texts with other ids than transformers' reading of the GGUF:", different)
    messages = [{"role": "user", "content": "What is 2+2?"}]
    print(repr(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)))
    print(GenerationConfig.from_pretrained(folder))
    prompt = tokenizer.apply_chat_template(messages, return_tensors="pt", add_generation_prompt=True, return_dict=True)
    answer = ours.float().generate(**prompt, max_new_tokens=24, do_sample=False)
    print(repr(tokenizer.decode(answer[0, prompt["input_ids"].shape[1]:])))


if __name__ == "__main__":
    main()
