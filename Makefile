# build | test | test-all | check | prove | bench: each sets up all it needs, on a machine with Python 3.11+, git and make.
# What runs (requirements.lock) is installed for all of them; what tests and checks it (requirements-dev.lock)
# only where it is asked for.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := tests/drops/2019-07-01

.PHONY: build test test-all check prove bench lock clean

build: $(VENV)/run
	$(BIN)/cdisc-pipeline build $(SAMPLE) --out outputs --edition both

test: $(VENV)/dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

test-all: $(VENV)/dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -q --long

check: $(VENV)/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict --explicit-package-bases
	$(BIN)/lint-imports

prove: $(VENV)/dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -q --prove

bench: $(VENV)/dev
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks endpoints
	$(BIN)/python -m benchmarks lineage
	$(BIN)/python -m benchmarks define

$(VENV)/run: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev: requirements-dev.lock $(VENV)/run
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# Pins every dependency with its hashes; run on the oldest Python that is supported. The second lock holds the
# first one's versions, so that tests run what a build runs.
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-header
lock: $(VENV)/dev
	$(COMPILE) --build-deps-for editable --output-file requirements.lock pyproject.toml
	$(COMPILE) --build-deps-for editable --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean:
	rm -rf $(VENV)
	git clean -fdXq outputs
