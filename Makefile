# Two commands do all the set-up on a fresh Debian or Ubuntu machine: `make demo` and `make test`.
# `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
CODE := analysis daq rigs viewer stance

SESSION_MINUTES := 30

FIRMWARE := firmware_arduino

.PHONY: help demo firmware firmware-packages test test-packages bench window-bench batch-bench soak pictures validate accuracy lint format clean

help:
	@echo "make demo      virtual treadmill -> recorded session -> steps -> report"
	@echo "make test      every check and test"
	@echo "make firmware  the Arduino's programs for both boards, and what they take of flash, memory and time"
	@echo "make bench     speed of each stage, as ratios measured side by side"
	@echo "make window-bench  the window: frames per second, latency, opening and seeking"
	@echo "make batch-bench  an archive of 500 sessions on one core and on two: time and memory (20 minutes)"
	@echo "make soak      the window for $(SESSION_MINUTES) minutes at 20 times real time: processor and memory stay flat; the firmware for 72 minutes"
	@echo "make pictures  the pictures of README and docs again"
	@echo "make validate  the long accuracy and crash trials (STANCE_DATA=dir for the full real data)"
	@echo "make accuracy  docs/accuracy.md again (STANCE_DATA=dir for the tables from the full real data)"
	@echo "make lint      style, types, layers, docstrings"
	@echo "make format    put the code into shape"

$(READY): pyproject.toml constraints.txt tools/setup.sh
	@PYTHON="$(PYTHON)" VENV="$(VENV)" sh tools/setup.sh
	@touch $@

# System packages are looked at every time: it takes a moment, and they come and go without any file here changing.
demo: $(READY)
	@VENV="$(VENV)" sh tools/setup.sh window
	$(BIN)/stance demo

firmware: $(READY) firmware-packages
	$(BIN)/python tools/firmware_budget.py
	@echo "for the board: $(FIRMWARE)/build/BOARD-CONVERTER-BAUD/stance.hex"

firmware-packages: $(READY)
	@VENV="$(VENV)" sh tools/setup.sh firmware

# A file of tests stays in one process, so that what its tests share is made once.
test: $(READY) test-packages lint
	$(BIN)/python -m pytest -n auto --dist loadfile

test-packages: $(READY)
	@VENV="$(VENV)" sh tools/setup.sh test

bench: $(READY)
	$(BIN)/python -m pytest tests/bench -q -o addopts= --benchmark-only --benchmark-columns=min,median,rounds \
	    --benchmark-sort=name -p no:cacheprovider --benchmark-json=$(VENV)/bench.json
	$(BIN)/python tools/show_bench.py $(VENV)/bench.json

window-bench: $(READY)
	$(BIN)/python tools/measure_window.py live
	$(BIN)/python tools/measure_window.py open

batch-bench: $(READY)
	$(BIN)/python tools/measure_batch.py

soak: $(READY) firmware-packages
	$(BIN)/python tools/measure_window.py soak --minutes $(SESSION_MINUTES)
	$(BIN)/python -m pytest -m soak -s --timeout=6000

pictures: $(READY)
	$(BIN)/python tools/make_pictures.py

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
	rm -rf $(FIRMWARE)/build
	rm -rf $(VENV) build demo .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
