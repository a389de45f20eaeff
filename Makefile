# Start with `make demo` or `make test`. Needs Python 3.11 with pip; everything else is installed or built on demand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CLUSTER_NAME ?= sluice
WORKERS ?= auto
SOURCES := operator tests
SEED := $(or $(SEED),$(shell date +%s))

.PHONY: demo test fuzz chaos lint page crds snapshots lock audit bench makespan krew cluster-up cluster-down clean

demo: $(VENV)/ready  ## build a real cluster and run a Workflow on it
	$(BIN)/python -m tests.demo

test: lint  ## all tests; WORKERS=0 runs it in one process and one cluster
	$(BIN)/pytest -n $(WORKERS)

lint: $(VENV)/ready
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check --quiet $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python operator/page/build.py types

page: $(VENV)/ready  ## the page's modules from npm, by their checksums; an install does it as well
	$(BIN)/python operator/page/build.py

fuzz: $(VENV)/ready  ## 10,000 random simulated runs for each model test, and as many hostile objects and manifests
	@echo "SEED=$(SEED)"
	HYPOTHESIS_PROFILE=fuzz $(BIN)/pytest -q --durations=0 --hypothesis-seed=$(SEED) tests/core/reconcile/test_model.py tests/core/test_hostile.py tests/core/validation/test_hostile_manifests.py

chaos: $(VENV)/ready  ## SEED=… FAULTS=… NODES=real: breaks the operator and its API server while runs go on, and judges what came of it
	SEED=$(SEED) FAULTS=$(or $(FAULTS),100) $(BIN)/python -m tests.chaos

crds: $(VENV)/ready  ## regenerate after a change in operator/sluice/api
	$(BIN)/python -m sluice.api.crd crds charts/sluice/files/crds

snapshots: $(VENV)/ready  ## regenerate after a change in charts/sluice
	$(BIN)/python -m tests.chart.snapshots

lock: $(VENV)/ready  ## regenerate after a change of dependencies
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --extra operator pyproject.toml -o operator/requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --all-extras --group dev pyproject.toml -o tests/requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --group build -o operator/build.lock

audit: $(VENV)/ready  ## known vulnerabilities of what is locked; needs the network
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement operator/requirements.lock
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement operator/build.lock
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement tests/requirements.lock

bench: $(VENV)/ready  ## speed compared with plain pods on the same cluster
	$(BIN)/python -m tests.perf $(SCENARIOS)

makespan: $(VENV)/ready  ## simulated run times under a cap, compared with other start orders
	$(BIN)/python -m tests.perf.makespan

krew: $(VENV)/ready  ## dist/kubectl-sluice.tar.gz, to which .krew.yaml refers
	rm -rf dist/krew && mkdir -p dist/krew
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist/krew .
	cp .krew/kubectl-sluice LICENSE dist/krew
	tar -czf dist/kubectl-sluice.tar.gz -C dist/krew .

cluster-up: $(VENV)/ready
	$(BIN)/python -m tests.cluster up --name $(CLUSTER_NAME)

cluster-down: $(VENV)/ready
	$(BIN)/python -m tests.cluster down --name $(CLUSTER_NAME)

$(VENV)/ready: tests/requirements.lock pyproject.toml operator/page/package-lock.json
	$(PYTHON) -m venv $(VENV) || { apt-get install -y python3-venv && $(PYTHON) -m venv $(VENV); }
	$(BIN)/pip install --quiet --require-hashes -r tests/requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@
