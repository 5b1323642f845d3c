# Everything runs in .venv, which the first target that needs it sets up, once, with the versions of constraints.txt.
# Needed beforehand: Python 3.11 or newer, and make.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

PYTHON ?= python3.13 python3.12 python3.11 python3.14 python3 python
VENV := .venv
NEWEST := .venv-newest
LOCK := .venv-lock
IN := $(VENV)/bin
RUN_TIME := $(VENV)/run-time.stamp
DEVELOPMENT := $(VENV)/development.stamp
VERSIONS := --constraint constraints.txt
PIP_INSTALL := -m pip install -qq --disable-pip-version-check --no-warn-script-location
INSTALL := $(IN)/python $(PIP_INSTALL) $(VERSIONS)
TESTS := not slow
LIGHTHOUSE := examples/02-lighthouse

.PHONY: help demo test test-slow test-newest check docs messages site lock clean

help:
	@echo 'make demo         render $(LIGHTHOUSE) as a free animatic and print where its film is'
	@echo 'make test         run the tests'
	@echo 'make test-slow    run the long campaigns'
	@echo 'make test-newest  run the tests with the newest versions of all dependencies, in $(NEWEST)'
	@echo 'make check        lint, formatting, types, layers and complexity'
	@echo 'make docs         write the generated pages and schemas: .gitattributes lists them'
	@echo 'make messages     take new messages of the code into the catalogs of translations, and name what they lack'
	@echo 'make site         build the site from docs/ into build/site, and check its links'
	@echo 'make lock         write the newest versions of all dependencies to constraints.txt'
	@echo 'make clean        remove what make set up, and caches; films stay'

demo: $(RUN_TIME)
	@$(IN)/wanflow run --file $(LIGHTHOUSE)/wanflow.yaml

test: $(DEVELOPMENT)
	@$(IN)/python -m pytest -m '$(TESTS)' --numprocesses auto --maxprocesses 4 --dist worksteal

# 5 is pytest's word for "no such tests"; a campaign may take the hour that its mark gives it
test-slow: $(DEVELOPMENT)
	@$(IN)/python -m pytest -m slow --override-ini faulthandler_timeout=3700 || [ $$? -eq 5 ]

# without its stamps the sub-make installs again, so that each call tests the newest versions of its day
test-newest:
	@rm -f $(NEWEST)/*.stamp
	@$(MAKE) test VENV=$(NEWEST) VERSIONS='--upgrade --upgrade-strategy eager' TESTS='not slow and not constrained'

check: $(DEVELOPMENT)
	@$(IN)/ruff check .
	@$(IN)/ruff format --check .
	@$(IN)/mypy
	@$(IN)/lint-imports
	@$(IN)/complexipy --plain --failed

# ends with an error where a message has no translation
messages: $(DEVELOPMENT)
	@$(IN)/python tools/messages.py

docs: $(DEVELOPMENT)
	@for what in checked schema models pipelines help; do $(IN)/python tools/write_$$what.py || exit 1; done

site: $(DEVELOPMENT)
	@NO_MKDOCS_2_WARNING=1 $(IN)/mkdocs build --quiet
	@echo build/site/index.html

# the fewest versions: what is tested on one Python is what all others get, where one version fits them all
lock:
	$(call set_up,$(LOCK))
	@$(LOCK)/bin/python $(PIP_INSTALL) --upgrade uv
	@$(LOCK)/bin/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
	  --fork-strategy fewest --upgrade --quiet --custom-compile-command 'make lock' --output-file constraints.txt

clean:
	@rm -rf $(VENV) $(NEWEST) $(LOCK) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

# a candidate may be a shim without a Python behind it, too old, or without venv: each is tried before it is taken
define set_up
@if ! $(1)/bin/python -m pip --version >/dev/null 2>&1; then \
  echo 'setting up $(1), once' >&2; \
  for candidate in $(PYTHON); do \
    if "$$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
      exec "$$candidate" -m venv --clear $(1); \
    fi; \
  done; \
  echo 'wanflow needs Python 3.11 or newer with its venv module; none of these is one: $(PYTHON)' >&2; \
  echo 'hint: install it (https://www.python.org/downloads), or name yours: make PYTHON=path/to/python3' >&2; \
  exit 1; \
fi
endef

$(RUN_TIME): pyproject.toml constraints.txt
	$(call set_up,$(VENV))
	@echo 'installing what wanflow needs into $(VENV)' >&2
	@$(INSTALL) --editable .
	@touch $@

$(DEVELOPMENT): $(RUN_TIME)
	@echo 'installing what the tests need into $(VENV)' >&2
	@$(IN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"], sep="\n")' > $(VENV)/development.txt
	@$(INSTALL) --editable . --requirement $(VENV)/development.txt
	@touch $@
