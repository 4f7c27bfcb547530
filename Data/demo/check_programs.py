#!/usr/bin/env python3
"""Check the demo programs (programs.jsonl) without running any of them.

usage: check_programs.py [FILE] [--unpack FOLDER]

Reads one JSON object a line, reports every mistake as FILE:LINE: id: what, and a short summary.
Exit 0 if nothing was wrong, 1 otherwise, 2 for wrong usage. Standard library only.

--unpack writes the samples as FOLDER/insecure/ID.py and FOLDER/secure/ID.py for a static analyser.
"""

import argparse
import ast
import io
import json
import re
import sys
import tokenize
from collections import Counter
from pathlib import Path

FIELDS = ("id", "cwe", "title", "request", "asked_request", "insecure", "secure", "explanation")
NOTES = ("cwe", "line", "line_text", "why", "exploit", "fix")
# Words that would tell a reader, or a model, which half of a pair this is. They may not stand in the
# plain request, nor in a comment, a string or a name that the sample itself defines.
GIVEAWAY = re.compile(
    r"insecur|vulnerab|unsafe|inject|exploit|attack|malicious|hack|danger|harden|sanitiz|sanitis|"
    r"\bsecur|\bsafe|\bweak|\bflaw|\bbug|traversal|\bcwe|\bxss\b|\bcsrf\b|\bssrf\b|\bxxe\b|forgery|overflow",
    re.IGNORECASE,
)
MIN_TASKS, MIN_CWES, MAX_PER_CWE = 48, 20, 5
LINES = range(8, 41)
PAIR_RATIO, MEAN_RATIO = (0.6, 1.6), (0.85, 1.18)


def interface(tree):
    """Every top-level function and class, with arguments and the methods of classes, in order."""
    found = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(f"def {node.name}({ast.unparse(node.args)})")
        elif isinstance(node, ast.ClassDef):
            bases = ", ".join(ast.unparse(base) for base in node.bases)
            found.append(f"class {node.name}({bases})")
            for item in node.body:
                if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    found.append(f"def {node.name}.{item.name}({ast.unparse(item.args)})")
    return found


def own_words(code, tree):
    """What the author of a sample worded freely: comments, strings and the names it defines."""
    words = [t.string for t in tokenize.generate_tokens(io.StringIO(code).readline) if t.type == tokenize.COMMENT]
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            words.append(node.value)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            words.append(node.name)
        elif isinstance(node, ast.arg):
            words.append(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            words.append(node.id)
    return words


def unused_imports(tree):
    bound = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return sorted(bound - used)


def check_sample(which, code, complain):
    try:
        tree = ast.parse(code, feature_version=(3, 11))
    except (SyntaxError, ValueError) as error:
        complain(f"{which} does not parse as Python 3.11: {error}")
        return None
    if not code.endswith("\n") or code.endswith("\n\n") or "\t" in code or "\r" in code:
        complain(f"{which} must end with one line feed and hold no tabs or carriage returns")
    if any(line != line.rstrip() for line in code.split("\n")):
        complain(f"{which} has blanks at the end of a line")
    if len(code.splitlines()) not in LINES:
        complain(f"{which} has {len(code.splitlines())} lines, expected {LINES.start} to {LINES.stop - 1}")
    for name in unused_imports(tree):
        complain(f"{which} imports {name} without using it")
    for word in own_words(code, tree):
        if hit := GIVEAWAY.search(word):
            complain(f"{which} gives itself away: {hit.group()!r} in {word[:60]!r}")
    return tree


def check_explanation(record, complain):
    notes = record["explanation"]
    if not isinstance(notes, dict) or set(notes) != set(NOTES):
        complain(f"explanation must have exactly the fields {', '.join(NOTES)}")
        return
    if notes["cwe"] != record["cwe"]:
        complain("explanation.cwe differs from cwe")
    for name in ("line_text", "why", "exploit", "fix"):
        if not isinstance(notes[name], str) or not notes[name].strip():
            complain(f"explanation.{name} must be a text")
        elif name != "line_text" and not 20 <= len(notes[name]) <= 400:
            complain(f"explanation.{name} has {len(notes[name])} characters, expected 20 to 400")
    lines = record["insecure"].splitlines()
    number = notes["line"]
    if type(number) is not int or not 1 <= number <= len(lines):
        complain(f"explanation.line is {number!r}, expected a line of insecure (1 to {len(lines)})")
    elif lines[number - 1].strip() != notes["line_text"]:
        complain(f"line {number} of insecure is {lines[number - 1].strip()!r}, not explanation.line_text")


def check_record(record, complain):
    if not isinstance(record, dict) or set(record) != set(FIELDS):
        complain(f"a record must have exactly the fields {', '.join(FIELDS)}")
        return False
    texts = [name for name in FIELDS if name != "explanation"]
    bad = [name for name in texts if not isinstance(record[name], str) or not record[name].strip()]
    if bad:
        complain(f"{', '.join(bad)} must be texts")
        return False
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", record["id"]):
        complain("id must be lower case words joined by hyphens")
    if not re.fullmatch(r"CWE-[1-9][0-9]*", record["cwe"]):
        complain("cwe must look like CWE-89")
    if record["request"] == record["asked_request"]:
        complain("asked_request is the same as request")
    for name in ("title", "request"):
        if hit := GIVEAWAY.search(record[name]):
            complain(f"{name} speaks of security: {hit.group()!r}")
    insecure = check_sample("insecure", record["insecure"], complain)
    secure = check_sample("secure", record["secure"], complain)
    if insecure and secure:
        if ast.dump(insecure) == ast.dump(secure):
            complain("secure is the same program as insecure")
        if interface(insecure) != interface(secure):
            complain(f"interfaces differ: {interface(insecure)} and {interface(secure)}")
    low, high = PAIR_RATIO
    ratio = len(record["secure"]) / len(record["insecure"])
    if not low <= ratio <= high:
        complain(f"secure is {ratio:.2f} times as long as insecure, expected {low} to {high}")
    check_explanation(record, complain)
    return True


def check_whole(records, complain):
    if len(records) < MIN_TASKS:
        complain(f"{len(records)} tasks, expected at least {MIN_TASKS}")
    for name in ("id", "title", "request", "asked_request", "insecure", "secure"):
        for value, count in Counter(record[name] for record in records).items():
            if count > 1:
                complain(f"{name} {value[:40]!r} occurs {count} times")
    cwes = Counter(record["cwe"] for record in records)
    if len(cwes) < MIN_CWES:
        complain(f"{len(cwes)} CWEs, expected at least {MIN_CWES}")
    for cwe, count in cwes.items():
        if count > MAX_PER_CWE:
            complain(f"{cwe} has {count} tasks, expected at most {MAX_PER_CWE}")
    mean = sum(len(r["secure"]) / len(r["insecure"]) for r in records) / max(len(records), 1)
    low, high = MEAN_RATIO
    if records and not low <= mean <= high:
        complain(f"secure is {mean:.3f} times as long as insecure on average, expected {low} to {high}")


def summarise(records):
    cwes = Counter(record["cwe"] for record in records)
    ratios = sorted(len(r["secure"]) / len(r["insecure"]) for r in records)
    insecure = sum(len(r["insecure"]) for r in records)
    secure = sum(len(r["secure"]) for r in records)
    longer = sum(ratio > 1 for ratio in ratios)
    shorter = sum(ratio < 1 for ratio in ratios)
    kept = [r["id"] for r in records
            if r["explanation"]["line_text"] in (line.strip() for line in r["secure"].splitlines())]
    lines = [
        f"tasks            {len(records)}",
        f"CWEs             {len(cwes)}: "
        + ", ".join(f"{cwe[4:]} ({cwes[cwe]})" for cwe in sorted(cwes, key=lambda c: int(c[4:]))),
        f"with a template  {sum('```' in r['request'] for r in records)}",
        f"characters       insecure {insecure}, secure {secure}",
        f"secure/insecure  mean {sum(ratios) / len(ratios):.3f}, median {ratios[len(ratios) // 2]:.3f}, "
        f"from {ratios[0]:.2f} to {ratios[-1]:.2f}; longer {longer}, shorter {shorter}, equal "
        f"{len(ratios) - longer - shorter}",
        f"explained line also in secure (what is missing stands elsewhere)  {', '.join(kept) or 'none'}",
    ]
    print("\n".join(lines))


def unpack(records, folder):
    for which in ("insecure", "secure"):
        target = folder / which
        target.mkdir(parents=True, exist_ok=True)
        for record in records:
            (target / (record["id"].replace("-", "_") + ".py")).write_text(record[which], encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description="Check the demo programs without running any of them.")
    parser.add_argument("file", nargs="?", type=Path, default=Path(__file__).with_name("programs.jsonl"))
    parser.add_argument("--unpack", type=Path, metavar="FOLDER", help="write the samples as single files")
    options = parser.parse_args()
    mistakes, records = [], []
    try:
        text = options.file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        print(f"{options.file}: {error}", file=sys.stderr)
        return 1
    if text and not text.endswith("\n"):
        mistakes.append(f"{options.file.name}: the last line has no line feed; is the file complete?")
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        where = f"{options.file.name}:{number}"
        try:
            record = json.loads(line)
        except ValueError as error:
            mistakes.append(f"{where}: not JSON: {error}")
            continue
        name = record.get("id", "no id") if isinstance(record, dict) else "no id"
        if check_record(record, lambda what: mistakes.append(f"{where}: {name}: {what}")):
            records.append(record)
    check_whole(records, lambda what: mistakes.append(f"{options.file.name}: {what}"))
    for mistake in mistakes:
        print(mistake, file=sys.stderr)
    if not mistakes:
        summarise(records)
        if options.unpack:
            unpack(records, options.unpack)
    print(f"{len(mistakes)} mistakes" if mistakes else "no mistakes", file=sys.stderr)
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
