"""Golden ids for the Tokenization target, made with Hugging Face's `tokenizers` 0.23.3 (see README.md).

Small tokenizers with the pre-tokenizers, normalizers, decoders and special tokens of Qwen2.5, Llama 3, GPT-2, Tekken,
Mistral (v1 and v3) and Gemma are trained here on the text below; SmolLM2's own comes from its GGUF file.
"""

import argparse
import json
import random
import sys
import unicodedata
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

assert tokenizers.__version__ == "0.23.3", f"tokenizers 0.23.3 is pinned, found {tokenizers.__version__}"

QWEN = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
LLAMA3 = QWEN.replace(r"|\p{N}|", r"|\p{N}{1,3}|")
QWEN35 = QWEN.replace(r"?\p{L}+|", r"?[\p{L}\p{M}]+|").replace(r"[^\s\p{L}\p{N}]", r"[^\s\p{L}\p{M}\p{N}]")
TEKKEN = (
    r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"""
    r"""|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"""
    r"""|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
)

TEXT = """
The user asks a question and the assistant answers it. What should they do? Isn't it what we've said, they'll say.
def read(path):
    with open(path, 'r') as file:
        return [line.strip() for line in file if not line.startswith("#")]

class Server(object):
    def __init__(self, host="127.0.0.1", port=8080):
        self.host, self.port = host, port
        cursor.execute("SELECT * FROM users WHERE name = '%s'" % name)

int main(void) { char buffer[256]; for (int i = 0; i < 1024; i++) { printf("%d\\n", buffer[i]); } return 0; }
You are a helpful assistant. I don't know what you mean, but I'd like to help you with that; you're welcome.
Die Straße führt über die Brücke, und größere Äpfel fallen später. Le garçon a déjà mangé à l'école où l'été est né.
Съешь ещё этих мягких французских булок, да выпей чаю. Η γρήγορη αλεπού πηδά πάνω από το τεμπέλικο σκυλί.
敏捷的棕色狐狸跳过了懒狗。你好，世界！我们今天学习中文。こんにちは世界。日本語の文章を書きます。ありがとうございます。
안녕하세요 세계. 한국어 문장을 씁니다. नमस्ते दुनिया, यह हिन्दी में एक वाक्य है। สวัสดีชาวโลก מה שלומך היום مرحبا بالعالم
😀😃😄 👍🏽 👩‍💻 👨‍👩‍👧‍👦 🇩🇪🇫🇷 ❤️ 1234567890 3.14159 1,000,000 2024-07-26 v2.0.1 0xDEADBEEF
"""

HARD = [
    "", " ", "  ", "   ", "\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r\n", "\r\n\r\n", " \n", "\n ", " \n ", "  \n  x", "a  b",
    "a   b", "a \n b", "a\n\n  b", "a\t b", "a \tb", "x\u00a0y", "x \u00a0 y", "x\u3000y", "\u3000\u3000x", "\u2003a\u2003\u2003b",
    "\u200bzero\u200bwidth", "\ufeffbom", "a\u0085b", "a\u2028b\u2029c", "\x0b\x0cx", "end ", "end  ", "end\n", "end \n\n ",
    "    indented\n        more\n\tTab\n", "\r", "a\rb", "a\r\n\tb\r\n", "Hello, world!", "Hello world", " Hello", "  Hello",
    "isn't it? I'll we've they're I'd I'm it's", "ISN'T IT? I'LL WE'VE THEY'RE I'D I'M IT'S", "'s's 't 'S 'ſ 'ſt 'Ll 'lL 'rE",
    "don''t '' ''' 'x", "’s curly ’ll", "it's123's", "1234567890", "1", "12", "123", "1234", "3.14159", "1,000,000", "a1b22c333d4444",
    " 1 22 333", "x=1;y=22;z=333", "２０２４年", "Ⅷ ½ ² ٣٤٥ ৩৪ 〇一二", "0x1F600", "1e-10", "v2.0.1-rc.3",
    "é", "e\u0301", "é e\u0301 ñ n\u0303", "a\u0328\u0301 a\u0301\u0328", "\u1e9b\u0323", "q\u0307\u0323", "\u2126 \u212b \u00c5 A\u030a",
    "\uac00 \u1100\u1161 \u1112\u1161\u11ab 한국어", "\u0344 \u0958 \u2adc \ufb1d", "\u0301start", ">\u0338 <\u0338 =\u0338",
    "x" + "\u0301" * 30, "नमस्ते दुनिया", "ตัวอย่างภาษาไทย", "שָׁלוֹם", "مَرْحَبًا", "ελληνικά", "Съешь ещё", "中文字符，标点。", "日本語テキスト、カタカナ",
    "tiếng Việt được viết", "ƒ ﬁ ﬂ ﬅ", "ß ẞ İ ı ŉ ǰ", "DŽ Dž dž ʰʷ ªº", "𝐀𝐁𝐂 𝟏𝟐𝟑 𝔘𝔫𝔦", "😀", "😀😃", "👍🏽", "👩‍💻", "👨‍👩‍👧‍👦 family", "🏳️‍🌈🏴‍☠️", "🇩🇪🇫🇷🇯🇵", "❤️ ❤",
    "1️⃣ #️⃣", "a😀b 😀c", "\U000e0067\U000e007f", "\U0001f3f4\U000e0067\U000e0062\U000e007f", "\ufffd", "\ufffd\ufffd a\ufffd", "\ufffe\uffff",
    "\x00", "a\x00b", "\x01\x02\x03\x07\x08", "\x1b[31mred\x1b[0m", "\x7f", "\x1c\x1d\x1e\x1f", "\x04\x06\x11\x13\x14\x16\x1d",
    "\ue000\uf8ff", "\U000f0000\U0010ffff", "\u202eRTL\u202c", "soft\u00adhyphen", "\u0378\u0530", "\U0001fae8 \U0001f9ff",
    "<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|im_start|>user\nHi<|im_end|>\n", "a<|im_end|>b", "a <|im_end|> b", "<|im_start", "|im_end|>",
    "< |im_end|>", "<|im_end|><|im_end|>", "<|IM_END|>", "<<|im_end|>>", "<|im_<|im_end|>", "<repo_name>x", "<|begin_of_text|><|eot_id|>",
    "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>", "<s>[INST] Hi [/INST]Hello</s>", "<s>", "</s>", " <s> ", "</s", "<unk>", "a<unk>b", "<bos><start_of_turn>user\nHi<end_of_turn>\n",
    "[INST]x[/INST]", "<think>\n\n</think>\n\nok", "<tool_call>{}</tool_call>", "<0x0A>", "<0xZZ>", "▁", "▁▁a", "a▁b", " ▁ ", "Ġ", "Ċ Ġthe", "<unused0>x<unused1>", "<mask>here ", "a  <mask>  b", "<word>", "a<word>b", "a <word> b", "é<word>é", "_<word>", "<norm>x</norm>",
    "def f(x):\n    return x+1\n", "if(a&&b||!c){return;}", "for (int i=0;i<10;++i) {\n\tprintf(\"%d\\n\", i);\n}\n", "#!/bin/bash\nset -eu\n",
    "SELECT * FROM users WHERE id = '1' OR '1'='1'; --", "http://example.com/a/b?c=d&e=f#g", "C:\\Users\\x\\y", "foo_bar fooBar FooBAR HTTPServer XMLHttpRequest iPhone",
    "a/b//c///d", "////\n//\n/ /", "path/\nto", "...\n\n...", "!!!\r\n\r\nx", "--- \n---", "***bold*** _it_", "a,b;c:d", "“quoted” ‘single’ – — …", "€100 £5 ¥7 ₹9", "∑∫√≈≠ →←", "½¾", "x²+y³", "aͣbͤ", "क्षि क् षि", "ก็", "a\u200db\u200cc",
    "a" * 60, "ab" * 50, " " * 60, "\n" * 55, "-" * 60, "日本" * 8, "é" * 9, "the " * 15, "abcdefghijklmnopqrstuvwxyz" * 2,
    "👩‍💻" * 5, " \n" * 9, "\t" * 20 + "x", "user" * 14, "你好" + " " * 9 + "世界", "{{ '{' }} {% if %}", "\\n \\t \\u0041", "\"\\\"\"", "null true false",
]


def byte_level(pattern, digits=False, nfc=False, ignore_merges=False, specials=(), plain=(), extra=(), size=560):
    tokenizer = Tokenizer(models.BPE())
    steps = []
    if digits:
        steps = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    elif pattern is None:
        steps = [pre_tokenizers.ByteLevel(add_prefix_space=False)]
    else:
        steps = [
            pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else steps[0]
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([TEXT] * 2, trainer)
    data = json.loads(tokenizer.to_str())
    vocab, merges = data["model"]["vocab"], [tuple(m) for m in data["model"]["merges"]]
    for word in extra:  # whole words that no merge reaches
        mapped = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str(word)[0][0]
        vocab.setdefault(mapped, len(vocab))
    tokenizer.model = models.BPE(vocab=vocab, merges=merges, ignore_merges=ignore_merges)
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in specials])
    tokenizer.add_tokens(list(plain))
    return tokenizer


def sentence_piece(normalizer, pre, decoder, reserved, specials, plain=(), size=640, bytes_too=True):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    # To learn from: words with their mark. The tokenizer made of it doesn't split.
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", behavior="merged_with_next")
    trainer = trainers.BpeTrainer(vocab_size=size - 256, special_tokens=["<unk>"], show_progress=False, limit_alphabet=300)
    tokenizer.train_from_iterator([TEXT.replace("\n", " ")] * 2, trainer)
    data = json.loads(tokenizer.to_str())
    order = sorted(data["model"]["vocab"], key=data["model"]["vocab"].get)
    merges = [tuple(m) for m in data["model"]["merges"]]
    names = list(reserved) + ([f"<0x{b:02X}>" for b in range(256)] if bytes_too else [])
    names += [t for t in plain if isinstance(t, str)]
    names += [t for t in order if t not in names]
    if "▁▁" in plain:
        merges = [("▁", "▁"), ("▁▁", "▁▁")] + merges
    vocab = {t: i for i, t in enumerate(names)}
    for a, b in merges:
        vocab.setdefault(a + b, len(vocab))
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=bytes_too))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre is not None:
        tokenizer.pre_tokenizer = pre
    tokenizer.decoder = decoder
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in specials])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in plain])
    return tokenizer


def small_tokenizers():
    spm = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    strip = [decoders.Strip(" ", 1, 0)]
    chatml = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    flags = [
        AddedToken("<mask>", lstrip=True, normalized=False), AddedToken("<word>", single_word=True, normalized=False),
        AddedToken("<norm>", normalized=True), AddedToken("</norm>", rstrip=True, normalized=True),
    ]
    llama = ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>"]
    plain = [AddedToken(t, normalized=False) for t in ["<tool_call>", "</tool_call>", "<think>", "</think>"]]
    turns = ["<start_of_turn>", "<end_of_turn>"]
    return {
        "qwen2": byte_level(QWEN, nfc=True, specials=chatml, plain=plain),
        "qwen35": byte_level(QWEN35, nfc=True, specials=chatml, plain=plain, size=400),
        "llama3": byte_level(LLAMA3, ignore_merges=True, specials=llama, extra=["bufferbuffer", " assistantassistant", "日本日本", "abab"]),
        "gpt2": byte_level(None, specials=["<|endoftext|>"], plain=flags, size=400),
        "smollm": byte_level(None, digits=True, specials=chatml, size=400),
        "tekken": byte_level(TEKKEN, ignore_merges=True, specials=["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]"], size=400),
        "mistral-v1": sentence_piece(
            normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]), None,
            decoders.Sequence(spm + strip), ["<unk>", "<s>", "</s>"], ["<unk>", "<s>", "</s>"]),
        "mistral-v3": sentence_piece(
            None, pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False), decoders.Sequence(spm + strip),
            ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"], ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]),
        "gemma": sentence_piece(
            normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"), decoders.Sequence(spm),
            ["<pad>", "<eos>", "<bos>", "<unk>"] + turns, ["<pad>", "<eos>", "<bos>", "<unk>"] + turns,
            ["<unused0>", "<unused1>", "\n\n", "\n\n\n", "▁▁", "▁▁▁▁", "\t\t"]),
        "metaspace": sentence_piece(
            None, pre_tokenizers.Metaspace("▁", prepend_scheme="always", split=True),
            decoders.Metaspace("▁", prepend_scheme="always", split=True), ["<unk>", "<s>", "</s>"],
            ["<unk>", "<s>", "</s>"], bytes_too=False),
    }


def smollm2(path):
    """SmolLM2's tokenizer.json, put together from its GGUF file."""
    import gguf

    fields = gguf.GGUFReader(path).fields
    tokens, kinds, merges = (fields[f"tokenizer.ggml.{k}"].contents() for k in ["tokens", "token_type", "merges"])
    tokenizer = Tokenizer(models.BPE(
        vocab={t: i for i, t in enumerate(tokens)}, merges=[tuple(m.split(" ")) for m in merges]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(
        [AddedToken(t, normalized=False, special=True) for t, k in zip(tokens, kinds) if k == 3])
    return tokenizer


def golden(tokenizer, text):
    """The ids with special tokens parsed, and taken as text; then what they decode to, where that isn't the text."""
    tokenizer.encode_special_tokens = False
    parsed = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = True
    plain = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = False
    line = {"ids": parsed}
    if plain != parsed:
        line["plain"] = plain
    for key, ids, skip in [("decoded", parsed, False), ("skipped", parsed, True)]:
        decoded = tokenizer.decode(ids, skip_special_tokens=skip)
        if decoded != text:
            line[key] = decoded
    return line


def small_sentencepiece(prefix):
    import io
    import sentencepiece

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.strip().split("\n")), model_writer=model, model_type="bpe", vocab_size=600, byte_fallback=True,
        normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=prefix, split_digits=True,
        user_defined_symbols=["<user>", "\n\n"], minloglevel=2)
    return model.getvalue()


def sentencepiece_golden(model, texts, prefix):
    """A GGUF "llama" source and its ids by SentencePiece itself, whose scores and types such a file carries."""
    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    kinds = [
        2 if pieces.is_unknown(i) else 3 if pieces.is_control(i) else 6 if pieces.is_byte(i) else 5 if pieces.is_unused(i)
        else 4 if pieces.id_to_piece(i) in ("<user>", "\n\n") else 1 for i in range(pieces.vocab_size())
    ]
    return {
        "prefix": prefix, "tokens": [pieces.id_to_piece(i) for i in range(pieces.vocab_size())], "kinds": kinds,
        "scores": [pieces.get_score(i) for i in range(pieces.vocab_size())],
        "ids": [pieces.encode(t) if "\x00" not in t else None for t in texts],
    }


def dump(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_newer(character):
    """Whether `tokenizers` (its form C is of Unicode 13) doesn't know how a mark is ordered among others."""
    texts = [character + "\u0301", "a\u0301" + character, "a" + character + "\u0316"]
    return any(normalizers.NFC().normalize_str(t) != unicodedata.normalize("NFC", t) for t in texts)


NEWER = {c for c in map(chr, range(0x20000)) if unicodedata.category(c) == "Mn" and is_newer(c)}
RANGES = [(0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0x97F), (0xE00, 0xE7F),
          (0x1100, 0x11FF), (0x1E00, 0x20CF), (0x2100, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFFFD),
          (0x10000, 0x1F0FF), (0x1F300, 0x1FAFF), (0, 0x1F), (0x20000, 0x2A000)]
PIECES = ["the", " the", "'s", "'LL", "\n", "\r\n", "  ", "\t", "<|im_end|>", "<s>", "[INST]", "</s>", "<|eot_id|>", "<end_of_turn>", "\u00a0",
          "\u3000", "👩‍💻", "\u200d", "\ufe0f", "12", "345", "def ", "_", "://", "(", ");", "é", "e\u0301", "▁", "Ġ", "<0x41>", "<mask>", " <word> ",
          "<norm>", "</norm>", "\n\n", "<think>", "\ufffd", "\x00", "ſ", "İ", "'", "\"", "=", "日本", "안녕", "…", "—", "🇩🇪"]


def random_lines(count, seed):
    draw = random.Random(seed)
    for _ in range(count):
        text = ""
        for _ in range(draw.randint(1, 14)):
            if draw.random() < 0.45:
                text += draw.choice(PIECES)
            else:
                low, high = draw.choice(RANGES)
                for _ in range(draw.randint(1, 5)):
                    character = chr(draw.randint(low, high))
                    # Characters newer than the Unicode of the libraries compared differ in what is a letter.
                    if unicodedata.category(character) not in ("Cn", "Cs") and character not in NEWER:
                        text += character
        yield text


def data_lines(folder):
    """Lines of the published data sets: code and prose, as JSON values and as raw lines."""
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in (".jsonl", ".yaml", ".csv", ".txt", ".json", ".py", ".c", ".md") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            if path.suffix != ".jsonl":
                yield from (line for line in text.split("\n") if line.strip())
                continue
            for line in text.split("\n"):
                if not line.strip():
                    continue
                row = json.loads(line)
                for message in row.get("messages", []) if isinstance(row, dict) else []:
                    if isinstance(message.get("content"), str):
                        yield message["content"]


def scalar_lines():
    """Every assigned character, alone, after a letter, and before a combining mark; and jamo with jamo."""
    known = [chr(c) for c in range(0x110000) if unicodedata.category(chr(c)) not in ("Cn", "Cs", "Co")]
    known = [c for c in known if c not in NEWER]
    for start in range(0, len(known), 250):
        part = known[start:start + 250]
        yield " ".join(part)
        yield "".join("a" + c for c in part)
        yield "1".join(c + "\u0301" for c in part)
    jamo = [chr(c) for c in range(0x1100, 0x1200)] + ["가", "각", "힣"]
    for left in jamo:
        yield " ".join(left + right for right in jamo)


def wide(folder, data, tokenizers_by_name, seed):
    folder.mkdir(parents=True, exist_ok=True)
    draw = random.Random(seed)
    lines = list(data_lines(data))
    draw.shuffle(lines)
    texts = HARD + list(scalar_lines()) + list(random_lines(9000, seed)) + lines[:14000]
    texts += [a + b for a, b in zip(lines[14000:14500], random_lines(500, seed + 1))]
    (folder / "texts.jsonl").write_text("".join(dump(t) + "\n" for t in texts), encoding="utf-8")
    for name, tokenizer in tokenizers_by_name.items():
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as out:
            for text in texts:
                out.write(dump(golden(tokenizer, text)) + "\n")
        tokenizer.save(str(folder / f"{name}.json"), pretty=False)
        print(f"{name}: {len(texts)} lines", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", help="SmolLM2's GGUF file; its golden is left as it is without it")
    parser.add_argument("--data", help="with --wide: folder of published data sets to take lines from")
    parser.add_argument("--wide", type=Path, help="write a corpus of more than 20,000 lines and its ids to this folder")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    made = small_tokenizers()
    everything = dict(made)
    if arguments.model:
        everything["smollm2"] = smollm2(arguments.model)
    if arguments.wide:
        return wide(arguments.wide, arguments.data, everything, arguments.seed)
    folder = Path(__file__).parent / "golden"
    texts = HARD + list(random_lines(25, 7))
    (folder / "texts.jsonl").write_text("".join(dump(t) + "\n" for t in texts), encoding="utf-8")
    for name, tokenizer in everything.items():
        (folder / f"{name}.jsonl").write_text("".join(dump(golden(tokenizer, t)) + "\n" for t in texts), encoding="utf-8")
        if name in made:
            (folder / f"{name}.json").write_text(dump(json.loads(tokenizer.to_str())), encoding="utf-8")
    (folder / "sentencepiece.jsonl").write_text(
        "".join(dump(sentencepiece_golden(small_sentencepiece(p), texts, p)) + "\n" for p in (True, False)), encoding="utf-8")


if __name__ == "__main__":
    main()
