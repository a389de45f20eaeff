# What a newcomer types: `make demo`, `make test`. Needs Python 3.11 with pip; the rest is installed or built on the way.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLUSTER_NAME ?= sluice
WORKERS ?= auto
SOURCES := operator tests
SEED := $(or $(SEED),$(shell date +%s))

.PHONY: demo test fuzz lint crds snapshots lock bench makespan cluster-up cluster-down clean

demo: $(VENV)/ready  ## a Workflow on a real cluster, from nothing
	$(BIN)/python -m tests.demo

test: lint  ## everything that is claimed; WORKERS=0 runs it in one process and one cluster
	$(BIN)/pytest -n $(WORKERS)

lint: $(VENV)/ready
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check --quiet $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

fuzz: $(VENV)/ready  ## 10,000 random runs on a random cluster, for each of the model's tests
	@echo "SEED=$(SEED)"
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -q --durations=0 --hypothesis-seed=$(SEED) tests/core/reconcile/test_model.py

crds: $(VENV)/ready  ## after a change in operator/sluice/api
	$(BIN)/python -m sluice.api.crd crds charts/sluice/files/crds

snapshots: $(VENV)/ready  ## after a change in charts/sluice
	$(BIN)/python -m tests.chart.snapshots

lock: $(VENV)/ready  ## after a change of dependencies
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o operator/requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --all-extras --group dev pyproject.toml -o tests/requirements.lock

bench: $(VENV)/ready  ## speed, against plain pods on the same cluster
	$(BIN)/python -m tests.perf $(SCENARIOS)

makespan: $(VENV)/ready  ## how long runs take under a cap, against other orders of starting tasks; simulated
	$(BIN)/python -m tests.perf.makespan

cluster-up: $(VENV)/ready
	$(BIN)/python -m tests.cluster up --name $(CLUSTER_NAME)

cluster-down: $(VENV)/ready
	$(BIN)/python -m tests.cluster down --name $(CLUSTER_NAME)

$(VENV)/ready: tests/requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV) || { apt-get install -y python3-venv && $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install --quiet --require-hashes -r tests/requirements.lock
	$(BIN)/pip install --quiet --no-deps --editable .
	touch $@
