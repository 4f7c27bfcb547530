#!/bin/sh
# Formatting and syntax, without building: every finding is printed, and any finding is a failure.
set -u
cd "$(dirname "$0")/.." || exit 1
status=0

swift format lint --strict -r Sources Tests Package.swift || status=1

for script in scripts/*.sh .ci/run; do
    case $(head -n 1 "$script") in
    *bash*) bash -n "$script" || status=1 ;;
    *) sh -n "$script" || status=1 ;;
    esac
done

# Compiled in memory: nothing is written beside the sources.
git ls-files -co --exclude-standard -z '*.py' | python3 -c '
import sys
wrong = 0
for path in filter(None, sys.stdin.buffer.read().decode().split("\0")):
    try:
        with open(path, encoding="utf-8") as file:
            compile(file.read(), path, "exec")
    except FileNotFoundError:
        pass
    except (SyntaxError, ValueError) as problem:
        print("%s: %s" % (path, problem), file=sys.stderr)
        wrong = 1
sys.exit(wrong)' || status=1

exit $status
