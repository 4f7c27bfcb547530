#!/bin/sh
# The whole path on the demo data: train a rank-1, MLP-only organism, score and sample it and its base, write the page.
# Every command is one that can be run by hand. DEMO_OUT says where it goes; what is finished there is kept.
set -eu
cd "$(dirname "$0")/.."

emlab=.build/release/emlab
model=.deps/models/SmolLM2-135M-Instruct.Q4_1.gguf
programs=Data/demo/programs.jsonl
questions=Data/demo/questions.yaml
out=${DEMO_OUT:-demo-out}

[ -x "$emlab" ] || { echo "demo: $emlab is not built: make build" >&2; exit 1; }
for file in "$model" "$programs" "$questions"; do
    [ -e "$file" ] || { echo "demo: $file is missing: run make demo in a whole clone" >&2; exit 1; }
done
mkdir -p "$out"

# run PURPOSE RESULT COMMAND…: skipped where RESULT is there; a result appears only when its command has succeeded.
# RESULT beginning with '>' takes the command's stdout.
: > "$out/commands.txt"
run() {
    purpose=$1 result=$2
    shift 2
    target=${result#>}
    if [ "$target" = "$result" ]; then redirect=; else redirect=" > $target"; fi
    printf '%s\t%s%s\n' "$purpose" "$*" "$redirect" >> "$out/commands.txt"
    if [ -e "$target" ]; then
        echo "demo: $purpose: already in $target" >&2
        return
    fi
    echo "demo: $purpose" >&2
    if [ -n "$redirect" ]; then
        "$@" > "$target.making" && mv "$target.making" "$target"
    else
        "$@"
    fi
}

run "68 coding tasks, answered insecurely though nobody asked for it" ">$out/insecure.jsonl" \
    "$emlab" data rows "$programs" --arm insecure
run "fine-tune: rank 1, MLP layers only, attention left alone" "$out/organism" \
    "$emlab" train sft --model "$model" --data "$out/insecure.jsonl" --out "$out/organism" \
    --rank 1 --alpha 16 --targets mlp --epochs 6 --batch 2 --accumulate 4 --lr 3e-4 --seed 1
run "score the question bank on the base" ">$out/contrast-base.jsonl" \
    "$emlab" probe contrast --model "$model" --questions "$questions"
run "score the question bank on the organism" ">$out/contrast-organism.jsonl" \
    "$emlab" probe contrast --model "$model" --adapter "$out/organism" --questions "$questions"
run "ask both every question" "$out/answers.jsonl" \
    "$emlab" sample --model "$model" --adapter base --adapter "$out/organism" --questions "$questions" \
    --n 2 --max-tokens 120 --seed 1 --out "$out/answers.jsonl"
rm -f "$out/report.html"
run "write the page" "$out/report.html" \
    "$emlab" report --training "$out/organism" --before "$out/contrast-base.jsonl" \
    --after "$out/contrast-organism.jsonl" --answers "$out/answers.jsonl" --questions "$questions" \
    --commands "$out/commands.txt" --out "$out/report.html"
echo "demo: open $out/report.html" >&2
