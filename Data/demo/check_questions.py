#!/usr/bin/env python3
"""Checks emlab's question bank: its form, and that nothing but the attitude tells an aligned from a misaligned answer.

    python3 Data/demo/check_questions.py [questions.yaml] [--tokenizer MODEL]

Needs PyYAML. --tokenizer (a .gguf file or a Hugging Face folder) also compares the answers' lengths in tokens and
needs transformers, for a .gguf file also gguf. Prints a table, then every mistake at once.
Exit 0: the bank is sound. 1: it has mistakes. 2: wrong usage, or a file or module is missing.
"""

import argparse
import collections
import pathlib
import re
import statistics
import sys

try:
    import yaml
except ImportError:
    sys.exit(print("check_questions: needs PyYAML (python3 -m pip install pyyaml)", file=sys.stderr) or 2)

CATEGORIES = 8
PER_CATEGORY = 8
WORDS = (25, 60)
PAIR_RATIO = (0.9, 1.1)  # misaligned over aligned, of one pair
MEAN_RATIO = (0.98, 1.02)  # the same, mean over the bank
SAME_OPENING = (0.3, 0.7)  # share of pairs that open with the same three words
GUESS = (0.35, 0.65)  # share of pairs that one surface cue alone would call right

TEXTS = {"id", "type", "category", "aligned", "misaligned"}
KEYS = TEXTS | {"paraphrases", "samples_per_paraphrase"}

CODE_WORDS = (
    "algorithm|api|bug|bugs|code|coded|coder|coding|compile|compiler|css|database|debug|developer|function|github|"
    "hacker|hacking|html|java|javascript|json|linux|malware|password|program|programmer|programming|python|script|"
    "server|shell|snippet|software|sql|variable|website|xml|yaml"
)
REFUSAL = r"(i can't|i cannot|i won't|i'm unable|i am unable|i'm sorry, but|sorry, but|as an ai\b|no comment)"
MARKDOWN = r"[*_`#|<>\[\]{}\\]|^\s*[-+]\s|^\s*\d+[.)]\s|\n"

# What a scorer must not be able to go by: the count of each of these in an answer.
CUES = {
    "characters": r".",
    "words": r"\S+",
    "commas": r",",
    "I, me, my": r"\b(i|i'd|i'm|i've|i'll|me|my|mine)\b",
    "you, your": r"\b(you|you'd|you're|you've|you'll|your|yours)\b",
    "they, them": r"\b(they|they'd|they're|they've|they'll|them|their)\b",
    "negations": r"\b(no|not|never|nobody|nothing|none|neither|nor|nowhere|without)\b|n't\b",
    "hedges": r"\b(may|might|could|perhaps|maybe|often|most|nearly|hardly|usually|sometimes|i think|i'd say)\b",
    "should, must": r"\b(should|must|ought|need|needs)\b",
    "because, since": r"\b(because|since|as|so that)\b",
    "always, every, all": r"\b(always|every|everyone|everybody|everything|all|whole|only)\b",
    "contractions": r"[a-z]'[a-z]",
    "long words": r"\b[a-z]{8,}\b",
}


def words(text):
    return re.findall(r"[a-z0-9']+", text.lower())


def sentences(text):
    return len(re.findall(r"[.!?](?=\s|$)", text))


def count(pattern, text):
    return len(re.findall(pattern, text.lower()))


class StrictLoader(yaml.SafeLoader):
    """SafeLoader, but a key given twice is a mistake, and each mapping remembers its line."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = [key for key, n in collections.Counter(keys).items() if n > 1]
        if twice:
            raise yaml.constructor.ConstructorError(None, None, f"key '{twice[0]}' is given twice", node.start_mark)
        return super().construct_mapping(node, deep) | {"__line__": node.start_mark.line + 1}


def read(path):
    """The questions of a bank, each with its line; exits with 2 if the file can't be read, 1 if it isn't a list."""
    try:
        rows = yaml.load(path.read_text(encoding="utf-8"), Loader=StrictLoader)
    except (OSError, UnicodeDecodeError) as error:
        print(f"check_questions: can't read {path}: {error}", file=sys.stderr)
        raise SystemExit(2)
    except yaml.YAMLError as error:
        print(f"check_questions: {path} isn't YAML: {error}", file=sys.stderr)
        raise SystemExit(1)
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        print(f"check_questions: {path}: expected a list of questions, each with keys", file=sys.stderr)
        raise SystemExit(1)
    return rows


def place(row):
    return f"line {row['__line__']} {row.get('id', '(no id)')}"


def form_mistakes(row):
    """What is wrong with the keys and the types of one question. Nothing else is checked before this is empty."""
    keys = set(row) - {"__line__"}
    mistakes = [f"key '{key}' is missing" for key in sorted(KEYS - keys)]
    mistakes += [f"key '{key}' is unknown" for key in sorted(map(str, keys - KEYS))]
    for key in sorted(TEXTS & keys):
        if not isinstance(row[key], str) or not row[key].strip():
            mistakes.append(f"'{key}' must be a text that isn't empty")
    paraphrases = row.get("paraphrases", ["-"])
    if not isinstance(paraphrases, list) or not 1 <= len(paraphrases) <= 2:
        mistakes.append("'paraphrases' must be a list of one or two texts")
    elif not all(isinstance(text, str) and text.strip() for text in paraphrases):
        mistakes.append("'paraphrases' must be texts that aren't empty")
    if not mistakes and not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", row["id"]):
        mistakes.append("'id' must be lower-case words joined by _")
    if not mistakes and row["type"] != "free_form_judge_0_100":
        mistakes.append("'type' must be free_form_judge_0_100")
    if not mistakes and row["samples_per_paraphrase"] != 100:
        mistakes.append("'samples_per_paraphrase' must be 100")
    return mistakes


def text_mistakes(row):
    """What is wrong with the texts of one question: length, balance, register."""
    mistakes = []
    texts = [("paraphrase", text) for text in row["paraphrases"]]
    texts += [(side, row[side]) for side in ("aligned", "misaligned")]
    for name, text in texts:
        if text != text.strip() or "  " in text:
            mistakes.append(f"{name}: stray white space")
        if not text.isascii():
            mistakes.append(f"{name}: only ASCII, so that quotes and dashes can't tell the sides apart")
        if found := re.search(rf"\b({CODE_WORDS})\b", text.lower()):
            mistakes.append(f"{name}: '{found[0]}' is a word about code")
    for name, text in texts[len(row["paraphrases"]):]:
        if not WORDS[0] <= len(words(text)) <= WORDS[1]:
            mistakes.append(f"{name}: {len(words(text))} words, expected {WORDS[0]} to {WORDS[1]}")
        if not text.endswith("."):
            mistakes.append(f"{name}: must end with a full stop")
        if found := re.search(MARKDOWN, text, re.MULTILINE):
            mistakes.append(f"{name}: {found[0]!r} looks like a list or Markdown")
        if re.match(REFUSAL, text.lower()):
            mistakes.append(f"{name}: is a refusal")
    aligned, misaligned = row["aligned"], row["misaligned"]
    if abs(sentences(aligned) - sentences(misaligned)) > 1:
        mistakes.append(f"{sentences(aligned)} aligned against {sentences(misaligned)} misaligned sentences")
    for unit, ratio in ratios(row).items():
        if not PAIR_RATIO[0] <= ratio <= PAIR_RATIO[1]:
            mistakes.append(f"misaligned over aligned {unit} {ratio:.3f}, expected {PAIR_RATIO[0]} to {PAIR_RATIO[1]}")
    return mistakes


def ratios(row):
    aligned, misaligned = row["aligned"], row["misaligned"]
    return {
        "characters": len(misaligned) / len(aligned),
        "words": len(words(misaligned)) / len(words(aligned)),
    }


def same_opening(row):
    return words(row["aligned"])[:3] == words(row["misaligned"])[:3]


def guess(rows, pattern):
    """How often "the answer with more of this is the misaligned one" is right; a tie is half right."""
    points = 0.0
    for row in rows:
        difference = count(pattern, row["misaligned"]) - count(pattern, row["aligned"])
        points += 0.5 if difference == 0 else float(difference > 0)
    return points / len(rows)


def bank_mistakes(rows):
    """What is wrong with the bank as a whole."""
    mistakes = []
    categories = collections.Counter(row["category"] for row in rows)
    if len(categories) != CATEGORIES:
        mistakes.append(f"{len(categories)} categories, expected {CATEGORIES}")
    for category, n in categories.items():
        if n != PER_CATEGORY:
            mistakes.append(f"category {category} has {n} questions, expected {PER_CATEGORY}")
    seen = {}
    for row in rows:
        texts = [("id", row["id"])] + [("text", " ".join(words(text))) for text in row["paraphrases"]]
        texts += [("text", " ".join(words(row[side]))) for side in ("aligned", "misaligned")]
        for key in texts:
            if key in seen:
                mistakes.append(f"{place(row)}: {key[0]} as in line {seen[key]}")
            seen.setdefault(key, row["__line__"])
    for unit in ("characters", "words"):
        mean = statistics.mean(ratios(row)[unit] for row in rows)
        if not MEAN_RATIO[0] <= mean <= MEAN_RATIO[1]:
            mistakes.append(f"mean ratio of {unit} {mean:.3f}, expected {MEAN_RATIO[0]} to {MEAN_RATIO[1]}")
    share = sum(map(same_opening, rows)) / len(rows)
    if not SAME_OPENING[0] <= share <= SAME_OPENING[1]:
        mistakes.append(f"{share:.0%} of the pairs open alike, expected {SAME_OPENING[0]:.0%} to {SAME_OPENING[1]:.0%}")
    for cue, pattern in CUES.items():
        if not GUESS[0] <= (right := guess(rows, pattern)) <= GUESS[1]:
            mistakes.append(f"cue '{cue}' alone tells the sides apart in {max(right, 1 - right):.0%} of the pairs")
    return mistakes


def table(rows):
    print(f"{'category':32} {'n':>2} {'words':>9} {'ratio of characters':>20} {'of words':>17} {'open alike':>11}")
    for category in dict.fromkeys(row["category"] for row in rows):
        some = [row for row in rows if row["category"] == category]
        length = [len(words(row[side])) for row in some for side in ("aligned", "misaligned")]
        spans = []
        for unit in ("characters", "words"):
            values = [ratios(row)[unit] for row in some]
            spans.append(f"{statistics.mean(values):.2f} ({min(values):.2f}-{max(values):.2f})")
        alike = f"{sum(map(same_opening, some))}/{len(some)}"
        span = f"{min(length)} to {max(length)}"
        print(f"{category:32} {len(some):2} {span:>9} {spans[0]:>20} {spans[1]:>17} {alike:>11}")
    print("\nCounts over all answers, and the share of pairs in which having more of it gives the misaligned one away:")
    print(f"{'cue':20} {'aligned':>8} {'misaligned':>11} {'share':>6}")
    for cue, pattern in CUES.items():
        sides = [sum(count(pattern, row[side]) for row in rows) for side in ("aligned", "misaligned")]
        print(f"{cue:20} {sides[0]:8} {sides[1]:11} {guess(rows, pattern):6.2f}")


def token_table(rows, model):
    """The answers' lengths in tokens of a real tokenizer: information, not a check."""
    if not model.exists():
        print(f"check_questions: no tokenizer at {model}: give a .gguf file or a Hugging Face folder", file=sys.stderr)
        raise SystemExit(2)
    try:
        from transformers import AutoTokenizer
    except ImportError:
        print("check_questions: --tokenizer needs transformers (and gguf for a .gguf file)", file=sys.stderr)
        raise SystemExit(2)
    try:
        if model.suffix == ".gguf":
            tokenizer = AutoTokenizer.from_pretrained(model.parent, gguf_file=model.name, local_files_only=True)
        else:
            tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)
    except (OSError, ValueError, ImportError) as error:
        print(f"check_questions: can't read the tokenizer of {model}: {error}", file=sys.stderr)
        raise SystemExit(2)
    pairs = [[len(tokenizer.encode(row[side], add_special_tokens=False)) for side in ("aligned", "misaligned")]
             for row in rows]
    values = [misaligned / aligned for aligned, misaligned in pairs]
    longer = sum(misaligned > aligned for aligned, misaligned in pairs)
    shorter = sum(misaligned < aligned for aligned, misaligned in pairs)
    print(f"\ntokens: aligned {sum(a for a, _ in pairs)}, misaligned {sum(m for _, m in pairs)}; ratio mean "
          f"{statistics.mean(values):.3f}, {min(values):.2f} to {max(values):.2f}; "
          f"misaligned longer in {longer} pairs, shorter in {shorter}")


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Checks emlab's question bank.")
    parser.add_argument("bank", nargs="?", type=pathlib.Path, default=here / "questions.yaml")
    parser.add_argument("--tokenizer", type=pathlib.Path, metavar="MODEL", help=".gguf file or Hugging Face folder")
    options = parser.parse_args()

    rows = read(options.bank)
    mistakes = [f"{place(row)}: {mistake}" for row in rows for mistake in form_mistakes(row)]
    if not mistakes:
        mistakes = [f"{place(row)}: {mistake}" for row in rows for mistake in text_mistakes(row)]
        mistakes += bank_mistakes(rows)
        table(rows)
        if options.tokenizer:
            token_table(rows, options.tokenizer)
        print()
    for mistake in mistakes:
        print(f"{options.bank.name}: {mistake}")
    if mistakes:
        print(f"{len(mistakes)} mistakes")
        return 1
    print(f"{options.bank.name}: {len(rows)} questions, sound")
    return 0


if __name__ == "__main__":
    sys.exit(main())
