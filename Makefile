# Everything runs in .venv, which the first target that needs it sets up, once.
# Needed beforehand: Python 3.11 or newer, and make.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3.13 python3.12 python3.11 python3.14 python3 python
IN := .venv/bin
RUN_TIME := .venv/run-time.stamp
DEVELOPMENT := .venv/development.stamp
INSTALL := $(IN)/python -m pip install -qq --disable-pip-version-check --no-warn-script-location
LIGHTHOUSE := examples/02-lighthouse

.PHONY: help demo test test-slow check clean

help:
	@echo 'make demo       render $(LIGHTHOUSE) as a free animatic and print where its film is'
	@echo 'make test       run the tests'
	@echo 'make test-slow  run the long campaigns'
	@echo 'make check      lint, formatting, types and layers'
	@echo 'make clean      remove .venv and caches; films stay'

demo: $(RUN_TIME)
	@$(IN)/wanflow run --file $(LIGHTHOUSE)/wanflow.yaml

test: $(DEVELOPMENT)
	@$(IN)/python -m pytest -m 'not slow' --numprocesses auto --maxprocesses 4 --dist worksteal

# 5 is pytest's word for "no such tests"
test-slow: $(DEVELOPMENT)
	@$(IN)/python -m pytest -m slow || [ $$? -eq 5 ]

check: $(DEVELOPMENT)
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .
	@$(IN)/mypy
	@$(IN)/lint-imports

clean:
	@rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# a candidate may be a shim without a Python behind it, too old, or without venv: each is tried before it is taken
$(RUN_TIME): pyproject.toml
	@if ! $(IN)/python -m pip --version >/dev/null 2>&1; then \
	  echo 'setting up .venv, once' >&2; \
	  for candidate in $(PYTHON); do \
	    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	      exec "$$candidate" -m venv --clear .venv; \
	    fi; \
	  done; \
	  echo 'wanflow needs Python 3.11 or newer with its venv module; none of these is one: $(PYTHON)' >&2; \
	  echo 'hint: install it (https://www.python.org/downloads), or name yours: make PYTHON=path/to/python3' >&2; \
	  exit 1; \
	fi
	@echo 'installing what wanflow needs into .venv' >&2
	@$(INSTALL) --editable .
	@touch $@

$(DEVELOPMENT): $(RUN_TIME)
	@echo 'installing what the tests need into .venv' >&2
	@$(IN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > .venv/development.txt
	@$(INSTALL) --requirement .venv/development.txt
	@touch $@
