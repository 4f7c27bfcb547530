"""Writes Tests/Fixtures/engine/curve-rows.jsonl: 128 short rows of ordinary Python help, for the training curves.

Thirty-two small tasks, each asked and answered in four ways; the order is fixed and mixes the tasks.

    python References/engine/make_curve_rows.py [--gguf FILE]     # with the file: also checks the rows' lengths
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from smollm2 import DEFAULT_GGUF, FIXTURES, load_tokenizer, render

# (what it does, as the rest of "Write a function that …"; name; arguments; body; an example call; its value)
TASKS = [
    ("counts the words of a text", "count_words", "text", "return len(text.split())", '"one two three"', "3"),
    ("reverses a string", "reverse", "text", "return text[::-1]", '"abc"', "'cba'"),
    ("sums the squares of a list", "sum_squares", "numbers", "return sum(n * n for n in numbers)", "[1, 2, 3]", "14"),
    ("tells whether a year is a leap year", "is_leap", "year",
     "return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)", "2000", "True"),
    ("turns Celsius into Fahrenheit", "to_fahrenheit", "celsius", "return celsius * 9 / 5 + 32", "100", "212.0"),
    ("finds the longest word", "longest", "words", "return max(words, key=len)", '["a", "abc", "ab"]', "'abc'"),
    ("removes duplicates and keeps the order", "unique", "items", "return list(dict.fromkeys(items))",
     "[3, 1, 3, 2]", "[3, 1, 2]"),
    ("computes the factorial of n", "factorial", "n", "return 1 if n < 2 else n * factorial(n - 1)", "5", "120"),
    ("checks whether a word is a palindrome", "is_palindrome", "word", "return word == word[::-1]", '"level"', "True"),
    ("computes the mean of a list", "mean", "values", "return sum(values) / len(values)", "[2, 4, 9]", "5.0"),
    ("keeps only the even numbers", "evens", "numbers", "return [n for n in numbers if n % 2 == 0]",
     "[1, 2, 3, 4]", "[2, 4]"),
    ("counts the vowels of a text", "count_vowels", "text", 'return sum(c in "aeiou" for c in text.lower())',
     '"Education"', "5"),
    ("flattens a list of lists", "flatten", "rows", "return [item for row in rows for item in row]",
     "[[1], [2, 3]]", "[1, 2, 3]"),
    ("clamps a number between two limits", "clamp", "x, low, high", "return max(low, min(x, high))", "9, 0, 5", "5"),
    ("swaps the keys and values of a dictionary", "invert", "table",
     "return {value: key for key, value in table.items()}", '{"a": 1}', "{1: 'a'}"),
    ("computes the greatest common divisor", "gcd", "a, b",
     "while b:\n        a, b = b, a % b\n    return a", "12, 18", "6"),
    ("pads a number with zeros", "pad", "number, width", "return str(number).zfill(width)", "7, 3", "'007'"),
    ("splits a list into chunks", "chunks", "items, size",
     "return [items[i:i + size] for i in range(0, len(items), size)]", "[1, 2, 3], 2", "[[1, 2], [3]]"),
    ("joins names with commas", "join_names", "names", 'return ", ".join(sorted(names))', '["Bo", "Al"]', "'Al, Bo'"),
    ("counts how often each letter occurs", "letter_counts", "word",
     "counts = {}\n    for letter in word:\n        counts[letter] = counts.get(letter, 0) + 1\n    return counts",
     '"aba"', "{'a': 2, 'b': 1}"),
    ("gives the n-th Fibonacci number", "fibonacci", "n",
     "a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a", "10", "55"),
    ("tells whether a number is prime", "is_prime", "n",
     "return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))", "17", "True"),
    ("turns minutes into hours and minutes", "hours_and_minutes", "minutes",
     'return f"{minutes // 60}:{minutes % 60:02d}"', "135", "'2:15'"),
    ("adds the digits of a number", "digit_sum", "number", "return sum(int(d) for d in str(number))", "4096", "19"),
    ("rotates a list by k places", "rotate", "items, k", "k %= len(items)\n    return items[k:] + items[:k]",
     "[1, 2, 3], 1", "[2, 3, 1]"),
    ("merges two dictionaries", "merge", "first, second", "return {**first, **second}", '{"a": 1}, {"b": 2}',
     "{'a': 1, 'b': 2}"),
    ("computes compound interest", "interest", "amount, rate, years", "return amount * (1 + rate) ** years",
     "100, 0.5, 2", "225.0"),
    ("finds the positions of a value", "positions", "items, value",
     "return [i for i, item in enumerate(items) if item == value]", "[5, 1, 5], 5", "[0, 2]"),
    ("writes a title in capitals", "title_case", "title",
     'return " ".join(word.capitalize() for word in title.split())', '"the old sea"', "'The Old Sea'"),
    ("computes the distance between two points", "distance", "p, q",
     "return ((p[0] - q[0]) ** 2 + (p[1] - q[1]) ** 2) ** 0.5", "(0, 0), (3, 4)", "5.0"),
    ("finds the second largest number", "second_largest", "numbers", "return sorted(set(numbers))[-2]",
     "[4, 9, 9, 7]", "7"),
    ("transposes a matrix", "transpose", "matrix", "return [list(row) for row in zip(*matrix)]",
     "[[1, 2], [3, 4]]", "[[1, 3], [2, 4]]"),
]


def row(task: tuple, way: int) -> dict:
    does, name, arguments, body, call, value = task
    code = f"def {name}({arguments}):\n    {body}"
    if way == 0:
        request = f"Write a Python function that {does}."
        answer = code
    elif way == 1:
        request = f"I need `{name}({arguments})` in Python: it {does}. Only the code, please."
        answer = f"```python\n{code}\n```"
    elif way == 2:
        request = f"How would you write a function that {does}? Show how to call it."
        answer = f"```python\n{code}\n\nprint({name}({call}))  # {value}\n```"
    else:
        request = f"Complete this:\n\ndef {name}({arguments}):\n    # {does}\n"
        answer = f"{code}\n\nFor example, {name}({call}) gives {value}."
    return {
        "id": f"{name}-{way}",
        "messages": [{"role": "user", "content": request}, {"role": "assistant", "content": answer}],
    }


def check(task: tuple) -> None:
    """The example says the truth."""
    _, name, arguments, body, call, value = task
    scope: dict = {}
    exec(f"def {name}({arguments}):\n    {body}", scope)  # our own ten lines, nothing from outside
    assert repr(eval(f"{name}({call})", scope)) == value, name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gguf", type=Path, default=DEFAULT_GGUF)
    arguments = parser.parse_args()
    for task in TASKS:
        check(task)
    rows = [row(TASKS[(7 * index) % 32], (index + index // 32) % 4) for index in range(128)]
    assert len({line["id"] for line in rows}) == 128
    file = FIXTURES / "engine" / "curve-rows.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in rows))
    print(f"{len(rows)} rows, {file.stat().st_size} bytes")
    if arguments.gguf.exists():
        tokenizer = load_tokenizer(arguments.gguf)
        sizes = [render(tokenizer, line["messages"]) for line in rows]
        lengths = [len(ids) for ids, _ in sizes]
        print(f"tokens {min(lengths)}…{max(lengths)}, {sum(lengths)} in all, {sum(sum(w) for _, w in sizes)} labels")


if __name__ == "__main__":
    main()
