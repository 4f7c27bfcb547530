# Everything from a fresh clone. Each target fetches what it lacks into .deps and does nothing twice: scripts/setup.sh.
# EMLAB_CUDA=0 keeps to the CPU build of libtorch where a GPU answers.

MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help doctor build test demo lint check-data cuda reference clean clean-all

# A terminal shows SwiftPM's progress line; a log shows only what is wrong.
QUIET := $(shell test -t 1 || echo --quiet)

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

demo: ## the whole path in 10 minutes: fine-tune a small model, sample it, write a page to read (in demo-out/)
	@scripts/setup.sh tools torch model vega
	@$(MAKE) build
	@scripts/demo.sh

build: ## fetch libtorch, build .build/release/emlab
	@scripts/setup.sh tools torch
	@echo "building emlab" >&2
	@swift build -c release --product emlab $(QUIET)

test: ## build and run every test (the real model comes along)
	@scripts/setup.sh tools torch model
	@echo "building emlab and its tests" >&2
	@swift build -c release --build-tests $(QUIET)
	@# One after another, and threads that sleep while they wait: many pools of spinning threads would starve each other.
	@OMP_WAIT_POLICY=passive swift test -c release --skip-build --disable-xctest --no-parallel

doctor: ## what is installed, found and missing, and what to do about it; fetches nothing
	@scripts/setup.sh check; status=$$?; \
	if [ -x .build/release/emlab ]; then .build/release/emlab doctor || status=1; \
	else echo "emlab      not built: make build"; fi; exit $$status

lint: ## formatting of the Swift sources; syntax of the scripts
	@scripts/lint.sh

check-data: ## check the demo's programs and questions
	@scripts/setup.sh tools yaml
	@for checker in Data/demo/check_*.py; do \
	if [ -e "$$checker" ]; then PYTHONPATH=.deps/python python3 -B "$$checker" || exit 1; fi; done

cuda: ## libtorch's CUDA build (some 2.5 GB), then build; comes by itself where nvidia-smi finds a GPU
	@scripts/setup.sh tools cuda
	@$(MAKE) build

reference: ## the Python environment that golden fixtures are made with (only for those who remake them)
	@scripts/setup.sh tools reference

clean: ## remove what was built; what was fetched stays
	@rm -rf .build

clean-all: ## remove what was fetched, too
	@rm -rf .build .deps .venv-reference
