# make quickstart   from a clone to grounded answers, in minutes on two CPU cores
# make test         the tests;  make test-slow  the long ones too;  make lint  ruff and mypy
# make starter      the full starter run, 70 to 95 minutes of one CPU core
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: quickstart starter test test-slow lint clean

quickstart: .venv/ready
	$(BIN)/neo run recipes/quickstart.yaml

starter: .venv/ready
	$(BIN)/neo run recipes/starter.yaml

# Two processes of one thread each: tiny models gain little from a second thread, and a process takes twice as long.
test: .venv/ready-dev
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -n 2 --dist loadfile

test-slow: .venv/ready-dev
	$(BIN)/python -m pytest -q -m "slow or not slow"

lint: .venv/ready-dev
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "NEO needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

.venv/ready: .venv/bin/python pyproject.toml sdk/pyproject.toml constraints.txt
	@echo "Installing NEO and its libraries into .venv (a few minutes the first time) ..."
	$(BIN)/pip install -q -c constraints.txt -e ./sdk -e '.[serve,demo]'
	@touch $@

.venv/ready-dev: .venv/ready
	$(BIN)/pip install -q -c constraints.txt -e ./sdk -e '.[dev]'
	@touch $@

clean:
	rm -rf .venv runs .pytest_cache .mypy_cache .ruff_cache
