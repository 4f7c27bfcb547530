#!/bin/sh
# A real OpenAI-compatible server on loopback for the tests of Endpoints: llama.cpp's, from a pinned wheel, serving the
# small model. It runs until it is stopped (Ctrl-C).
#
#   scripts/real-server.sh [MODEL.gguf]        in one terminal; EMLAB_REAL_SERVER_PORT says where (default 8931)
#   EMLAB_REAL_SERVER=http://127.0.0.1:8931/v1 EMLAB_TENSORLESS=1 swift test -c release --filter RealServerTests
#
# The server wants a key, so that a client without one is turned away: sk-emlab-on-loopback. The tests know it.

set -eu
cd "$(dirname "$0")/.."

model=${1:-.deps/models/SmolLM2-135M-Instruct.Q4_1.gguf}
port=${EMLAB_REAL_SERVER_PORT:-8931}
folder=.deps/real-server

if [ ! -e "$model" ]; then
    [ $# -eq 0 ] || { echo "real-server: $model is missing" >&2; exit 1; }
    scripts/setup.sh model
fi
version=$(sed -n 's/^xllamacpp \([^ ]*\) .*/\1/p' scripts/wheels.lock | head -n 1)
if [ ! -e "$folder/$version/xllamacpp/__init__.py" ]; then
    wheel=$(scripts/wheel.py fetch xllamacpp)
    rm -rf .deps/tmp/real-server
    scripts/wheel.py unpack "$wheel" .deps/tmp/real-server 'xllamacpp/*'
    mkdir -p "$folder"
    rm -rf "${folder:?}/$version"
    mv .deps/tmp/real-server "$folder/$version"
fi

PYTHONPATH="$folder/$version" exec python3 -B - "$model" "$port" <<'PYTHON'
import signal
import sys

import xllamacpp

model, port = sys.argv[1], int(sys.argv[2])
signal.signal(signal.SIGINT, signal.SIG_DFL)
parameters = xllamacpp.CommonParams()
parameters.model.path = model
parameters.model_alias = {"smollm2-135m-instruct"}
parameters.hostnames = ["127.0.0.1"]
parameters.port = port
parameters.api_keys = ["sk-emlab-on-loopback"]
parameters.n_ctx = 4096
parameters.n_parallel = 2
# One thread: more of them wait for each other by spinning, which a busy machine can't afford.
parameters.cpuparams.n_threads = 1
parameters.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(parameters)
print("real-server: EMLAB_REAL_SERVER=%s/v1" % server.listening_address, file=sys.stderr, flush=True)
signal.pause()
PYTHON
