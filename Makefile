# Two commands do all the set-up on a fresh Debian or Ubuntu machine: `make demo` and `make test`.
# `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := analysis daq rigs viewer stance

.PHONY: help demo test bench validate accuracy lint format clean

help:
	@echo "make demo      virtual treadmill -> recorded session -> steps -> report"
	@echo "make test      every check and test"
	@echo "make bench     speed of each stage, as ratios measured side by side"
	@echo "make validate  the long accuracy and crash trials (STANCE_DATA=dir for the full real data)"
	@echo "make accuracy  docs/accuracy.md again (STANCE_DATA=dir for the tables from the full real data)"
	@echo "make lint      style, types, layers, docstrings"
	@echo "make format    put the code into shape"

$(READY): pyproject.toml constraints.txt tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/setup.sh
	@touch $@

demo: $(READY)
	$(BIN)/stance demo

test: $(READY) lint
	$(BIN)/python -m pytest

bench: $(READY)
	$(BIN)/python -m pytest tests/bench -q -o addopts= --benchmark-only --benchmark-columns=min,median,rounds \
	    --benchmark-sort=name -p no:cacheprovider --benchmark-json=$(VENV)/bench.json
	$(BIN)/python tools/show_bench.py $(VENV)/bench.json

validate: $(READY)
	STANCE_TRIALS=50 $(BIN)/python -m pytest -m validate -s --timeout=3000

accuracy: $(READY)
	$(BIN)/python tools/make_accuracy.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pydoclint -q $(CODE)

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
