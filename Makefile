# Everything sets itself up: the first target that needs Python makes .venv from requirements.lock (about a minute).
# `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help demo test check format ui notebook sample readme bench bench-increment bench-analysis soak lock clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
# Where a run keeps what it builds; `make demo VAR=/somewhere` builds elsewhere.
VAR ?= var
EVENTS ?= 1M
SIZES ?= 5M 10M 20M
PORT ?= 3000
# No telemetry of any tool, whatever the user's own settings say.
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
export MARIMO_SKIP_UPDATE_CHECK := 1

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

$(INSTALLED): requirements.lock pyproject.toml scripts/setup.sh
	@echo "Setting up $(VENV) (about a minute; needed once)"
	@PYTHON="$(PYTHON)" scripts/setup.sh venv
	@touch $@

demo: $(INSTALLED)  ## build the sample shop: warehouse, report page, and the checkout table printed
	@$(BIN)/journey demo --home $(VAR)

test: $(INSTALLED)  ## all tests, also those in a real browser (about half an hour on 2 cores)
	@CHROMIUM="$(CHROMIUM)" scripts/setup.sh chromium
	@$(BIN)/python -m pytest -n auto --maxprocesses 8 -m "not soak"

check: $(INSTALLED)  ## linters, formatter, types, SQL style
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar sql

format: $(INSTALLED)  ## let ruff mend what it can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

ui: $(INSTALLED)  ## the Dagster UI on http://127.0.0.1:3000, schedule and sensor running (PORT=3001 for another port)
	@PORT="$(PORT)" PYTHON="$(BIN)/python" JOURNEY_HOME="$(VAR)" deploy/ui.sh

notebook: $(INSTALLED)  ## the checkout notebook as an app in the browser
	@test -e $(VAR)/warehouse.duckdb || $(BIN)/journey demo --home $(VAR)
	@JOURNEY_WAREHOUSE="$(VAR)/warehouse.duckdb" $(BIN)/marimo run notebooks/checkout_drop_off.py

sample: $(INSTALLED)  ## write data/sample again, byte for byte
	@$(BIN)/journey sample --out data/sample

readme: $(INSTALLED)  ## run the queries of the README on the sample and write their output into it
	@$(BIN)/python scripts/measure_readme.py

bench: $(INSTALLED)  ## time and peak memory of each step beside a scan and a sort (EVENTS=1M), saved in benchmarks/results
	@$(BIN)/python benchmarks/run.py --events $(EVENTS)

bench-increment: $(INSTALLED)  ## the cost of one more day beside a full build (SIZES="5M 10M 20M", KEEP=folder to reuse), saved alike
	@$(BIN)/python benchmarks/increment.py --sizes $(SIZES) $(if $(KEEP),--keep "$(KEEP)")

bench-analysis: $(INSTALLED)  ## funnels and transitions beside ClickHouse, Markov chains, one busy customer; saved alike
	@$(BIN)/python benchmarks/analysis.py

soak: $(INSTALLED)  ## the long run, or some PARTS of it: 1,000 histories, 20 long ones, 200 kills; result in docs/soak.md
	@$(BIN)/python scripts/soak.py $(PARTS) $(if $(SEED),--seed $(SEED))

lock: $(INSTALLED)  ## pin requirements.lock again from pyproject.toml (needs an index; UPGRADE=1 takes newer versions)
	@scripts/lock.sh $(if $(UPGRADE),--upgrade)

clean:  ## remove caches and everything that runs have built
	@rm -rf $(VAR) dist build .hypothesis .mypy_cache .pytest_cache .ruff_cache .tmp_dagster_home_*
	@find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
