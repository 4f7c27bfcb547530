"""Checks that tokenizer.json files that emlab wrote from GGUF metadata give the ids of the originals in `tokenizers`.

    EMLAB_KEEP=DIR swift test --filter TokenizerExportTests
    python References/checkpoint/tokenizers_load.py DIR/tokenizer-*.json
"""

import json
import pathlib
import sys

from tokenizers import Tokenizer

GOLDEN = pathlib.Path(__file__).parents[1] / "tokenization" / "golden"


def main() -> None:
    texts = [json.loads(line) for line in (GOLDEN / "texts.jsonl").read_text().split("\n") if line]
    for argument in sys.argv[1:]:
        path = pathlib.Path(argument)
        ours = Tokenizer.from_file(str(path))
        original = Tokenizer.from_file(str(GOLDEN / path.name.removeprefix("tokenizer-")))
        different = [
            text
            for text in texts
            if ours.encode(text, add_special_tokens=False).ids != original.encode(text, add_special_tokens=False).ids
        ]
        print(path.name, len(texts), "texts,", len(different), "different", different[:3])


if __name__ == "__main__":
    main()
