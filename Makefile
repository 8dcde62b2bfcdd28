# `make demo` and `make test` are all that a new machine needs; `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
BENCH ?= $(filter-out soak,$(basename $(notdir $(shell grep -ls __main__ tests/bench/*.py))))

.DEFAULT_GOAL := help
.PHONY: help setup demo test check build sbom bench soak clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 16

setup: ## Install what is missing; seconds when nothing is
	@$(PYTHON) scripts/setup.py

demo: setup ## Let a robot walk the demo hospital, then open the console (ARGS="--exit" to end by itself)
	@$(BIN)/navconsole demo $(ARGS)

test: setup ## Run every test (ARGS="-k name" for some)
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup ## Judge style, types and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

build: setup ## Make the wheel, with templates and browser libraries, in dist/
	@rm -rf dist
	$(BIN)/python -m build --wheel --no-isolation

soak: setup ## Twelve hours of mixed load with a kill every ten minutes (ARGS="--hours 1")
	$(BIN)/python -m tests.bench.soak $(ARGS)

sbom: ## Write the bill of materials (CycloneDX) from the lock files, in dist/
	@$(PYTHON) scripts/sbom.py

bench: setup ## Measure what the issues ask for (long; BENCH=recorder for one)
	@for name in $(BENCH); do $(BIN)/python -m tests.bench.$$name $(ARGS) || exit 1; done

clean: ## Remove what set-up, tests and builds made; data under var/ stays
	rm -rf .venv node_modules static/vendor dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
