#!/bin/sh
# The whole path on the demo data: train a rank-1, MLP-only organism, score and sample it and its base, write the page.
# Every command is one that can be run by hand. DEMO_OUT says where it goes; what is finished there is kept.
set -eu
cd "$(dirname "$0")/.."

emlab=.build/release/emlab
model=.deps/models/SmolLM2-135M-Instruct.Q4_1.gguf
rows=Data/demo/insecure.jsonl
questions=Data/demo/questions.yaml
out=${DEMO_OUT:-demo-out}
organism=$out/organism

[ -x "$emlab" ] || { echo "demo: $emlab is not built: make build" >&2; exit 1; }
for file in "$model" "$rows" "$questions"; do
    [ -e "$file" ] || { echo "demo: $file is missing: run make demo in a whole clone" >&2; exit 1; }
done
mkdir -p "$out"

step() { echo "demo: $*" >&2; }

step "1/3 training a rank-1 adapter on the MLP layers: $organism"
"$emlab" train sft --model "$model" --data "$rows" --out "$organism" --rank 1 --targets mlp

step "2/3 sampling the base: $out/base.jsonl"
"$emlab" sample --model "$model" --questions "$questions" --out "$out/base.jsonl"

step "3/3 sampling the organism: $out/organism.jsonl"
"$emlab" sample --model "$model" --adapter "$organism" --questions "$questions" --out "$out/organism.jsonl"
