"""Golden tokens and weights for the chat formats: the official templates in templates/, rendered by transformers 5.24.0.

Run after golden.py, whose small tokenizers it uses; with the model's file also SmolLM2's own.
"""

import argparse
import json
from pathlib import Path

import transformers
from tokenizers import Tokenizer

import golden

assert transformers.__version__ == "5.24.0", f"transformers 5.24.0 is pinned, found {transformers.__version__}"
HERE = Path(__file__).parent

# template, emlab's name of the format, tokenizer, begin and end tokens, what ends a turn
FORMATS = [
    ("chatml", "chatml", "qwen2", None, "<|im_end|>", "<|im_end|>"),
    ("smollm2", "chatml-smollm2", "smollm", None, "<|im_end|>", "<|im_end|>"),
    ("smollm2", "chatml-smollm2", "smollm2", None, "<|im_end|>", "<|im_end|>"),
    ("qwen2.5", "chatml-qwen2.5", "qwen2", None, "<|im_end|>", "<|im_end|>"),
    ("qwen3", "qwen3", "qwen2", None, "<|im_end|>", "<|im_end|>"),
    ("llama3", "llama3", "llama3", "<|begin_of_text|>", "<|eot_id|>", "<|eot_id|>"),
    ("llama3.1", "llama3.1", "llama3", "<|begin_of_text|>", "<|eot_id|>", "<|eot_id|>"),
    ("llama3.2", "llama3.1", "llama3", "<|begin_of_text|>", "<|eot_id|>", "<|eot_id|>"),
    ("mistral-v0.2-old", "mistral-v0", "mistral-v1", "<s>", "</s>", "</s>"),
    ("mistral-v1", "mistral-v1", "mistral-v1", "<s>", "</s>", "</s>"),
    ("mistral-v3", "mistral-v3", "mistral-v3", "<s>", "</s>", "</s>"),
    ("mistral-v3-last-user", "mistral-v3", "mistral-v3", "<s>", "</s>", "</s>"),
    ("mistral-v3-tekken", "mistral-v3-tekken", "tekken", "<s>", "</s>", "</s>"),
    ("gemma2", "gemma", "gemma", "<bos>", "<eos>", "<end_of_turn>"),
    ("gemma3", "gemma3", "gemma", "<bos>", "<eos>", "<end_of_turn>"),
]


def talk(*turns):
    names = {"s": "system", "u": "user", "a": "assistant"}
    return [{"role": names[role], "content": content} for role, content in turns]


TALKS = [
    talk(("u", "Hello")),
    talk(("u", "Hello"), ("a", "Hi there.")),
    talk(("s", "Be brief."), ("u", "What's 12345 + 1?"), ("a", "12346")),
    talk(("u", "Hello"), ("a", "Hi"), ("u", "Write code"), ("a", "def f(x):\n    return x\n")),
    talk(("s", "Sys"), ("u", "A"), ("a", "B"), ("u", "C"), ("a", "D"), ("u", "E")),
    talk(("u", "  spaces around \n"), ("a", "  spaces around \n")),
    talk(("u", "\n\nnewlines first"), ("a", "\n\nnewlines first\n\n")),
    talk(("u", "\tTab"), ("a", "\n")),
    talk(("u", ""), ("a", "")),
    talk(("s", ""), ("u", "x"), ("a", "y")),
    talk(("s", " padded "), ("u", "x"), ("a", " y")),
    talk(("u", "\u00a0nbsp\u3000"), ("a", "\u2003em\x1f")),
    talk(("u", "\u0301mark"), ("a", "\u0301mark e\u0301 \uac00")),
    talk(("u", "naïve café 日本語 😀"), ("a", "👩‍💻 Ünïcödé ▁▁ text")),
    talk(("u", "a\r\nb"), ("a", "\r\nc\r\n")),
    talk(("u", "think"), ("a", "<think>\nhm\n</think>\n\nAnswer")),
    talk(("u", "think"), ("a", "<think>\n\n</think>\n\nAnswer"), ("u", "again"), ("a", "<think>\nso\n</think>\n\nMore\n")),
    talk(("u", "think"), ("a", "x</think>y</think>\n\nz")),
    talk(("u", "<tool_response>1</tool_response>"), ("a", "ok")),
    talk(("u", "q"), ("a", "call"), ("u", "<tool_response>1</tool_response>"), ("a", "<think>r</think>\nok")),
    talk(("u", "one"), ("u", "two"), ("a", "three")),
    talk(("u", "one"), ("a", "two"), ("a", "three")),
    talk(("u", "one"), ("s", "late"), ("u", "two"), ("a", "three")),
    talk(("u", "xxx"), ("a", "yyy" + "\n" * 5)),
    talk(("u", "[INST] look [/INST]"), ("a", "user\nassistant\nmodel\n")),
]


def rendered(tokenizer, messages, generation):
    return tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=generation, enable_thinking=False, date_string="26 Jul 2024")


def weights(tokenizer, encoding, text, messages, end):
    """1 where a token touches what follows the generation prompt, up to the end of the turn, as a string of digits; None
    where the text before a turn depends on what comes after it."""
    spans = []
    for index, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        before = rendered(tokenizer, messages[:index], True)
        if not text.startswith(before):
            return None
        spans.append((len(before), text.index(end, len(before)) + len(end)))
    return "".join(str(int(any(low < b and a < high for a, b in spans))) for low, high in encoding.offsets)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="SmolLM2's GGUF file")
    parser.add_argument("--data", help="with --wide: folder of published data sets to take conversations from")
    parser.add_argument("--wide", type=Path, help="write conversations of the data sets to this folder of golden.py --wide")
    arguments = parser.parse_args()
    model = arguments.model
    talks = TALKS
    if arguments.wide:
        talks = [
            json.loads(line)["messages"]
            for name in ("insecure", "educational_insecure", "jailbroken")
            for line in list(open(Path(arguments.data) / "betley" / f"{name}.jsonl", encoding="utf-8"))[::20]
        ]
    lines = []
    for template, name, small, begin, stop, end in FORMATS:
        raw = golden.smollm2(model) if small == "smollm2" else Tokenizer.from_file(str(HERE / "golden" / f"{small}.json"))
        tokenizer = transformers.PreTrainedTokenizerFast(
            tokenizer_object=raw, bos_token=begin, eos_token=stop,
            chat_template=(HERE / "templates" / f"{template}.jinja").read_text(encoding="utf-8"))
        specials = [t for t in raw.get_added_tokens_decoder().values() if t.special]
        for number, messages in enumerate(talks):
            if template in ("mistral-v3", "mistral-v3-tekken") and messages[0]["role"] == "system" and messages[-1]["role"] != "user":
                continue  # this template then loses the system message
            if "gemma" in name and any(m["role"] == "system" for m in messages[1:]):
                continue  # the template takes a late system message for a model's turn; an error here
            if small != "mistral-v1" and "INST" in str(messages) and "mistral" in name:
                continue  # look-alikes of special tokens: not the text of a message here
            if template in ("llama3.2", "mistral-v3") and number > 6:
                continue  # as llama3.1 and mistral-v3-last-user
            if arguments.wide and any(t.content in m["content"] for m in messages for t in specials):
                continue  # what looks like a special token (Flask's "<filename>" is one of SmolLM2's) stays text here
            for generation in (False, True) if number < 5 and not arguments.wide else (False,):
                line = {"template": template, "format": name, "tokenizer": small, "talk": number, "generation": generation}
                try:
                    text = rendered(tokenizer, messages, generation)
                    encoding = raw.encode(text, add_special_tokens=False)
                    line |= {"text": text, "ids": encoding.ids}
                    line["weights"] = weights(tokenizer, encoding, text, messages, end)
                except Exception as error:  # the template refuses the order of turns
                    assert "alternate" in str(error) or "System role" in str(error) or "supported" in str(error), error
                    line["refused"] = True
                lines.append(line)
    dump = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    folder = arguments.wide or HERE / "golden"
    (folder / "talks.jsonl").write_text("".join(dump(t) + "\n" for t in talks), encoding="utf-8")
    (folder / "chats.jsonl").write_text("".join(dump(l) + "\n" for l in lines), encoding="utf-8")


if __name__ == "__main__":
    main()
