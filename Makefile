# build | test | check | prove | bench: each sets up all it needs, on a machine with Python 3.11+, git and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := tests/drops/2019-07-01

.PHONY: build test check prove bench lock clean

build: $(VENV)/ready
	$(BIN)/cdisc-pipeline build $(SAMPLE) --out outputs --edition both

test: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

check: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict --explicit-package-bases
	$(BIN)/lint-imports

prove: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist worksteal -q --prove

bench: $(VENV)/ready
	$(BIN)/python -m benchmarks build
	$(BIN)/python -m benchmarks xpt
	$(BIN)/python -m benchmarks recist
	$(BIN)/python -m benchmarks endpoints
	$(BIN)/python -m benchmarks lineage
	$(BIN)/python -m benchmarks define

$(VENV)/ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# Pins every dependency with its hashes; run on the oldest Python that is supported.
lock: $(VENV)/ready
	$(BIN)/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links --no-header --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) outputs
