# Everything that a machine with Python (3.11 or later) and make has to do. `make` alone says what there is.

# The first of these that is new enough.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

VENV := .venv
BIN := $(VENV)/bin
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip -qq
INSTALL := $(PIP) install --require-hashes --no-deps
# Written last, so that what was interrupted is done again. The one for development includes the other.
READY := $(VENV)/.ready
READY_TO_DEVELOP := $(VENV)/.ready-to-develop

# Two processes a core, since tests also wait; each with servers and a database of its own. Who has nothing left to do
# takes over from another.
AT_ONCE = --numprocesses $(shell $(BIN)/python -c 'import os; print(min(8, 2 * (os.cpu_count() or 1)))') --dist worksteal

# A hundred processes import the whole house. What is compiled is kept, also where the environment wants none of it beside
# the sources.
COMPILED_ONCE = PYTHONDONTWRITEBYTECODE= PYTHONPYCACHEPREFIX=$(CURDIR)/$(VENV)/compiled

# What browsers are shown. Of its sources web/building.py knows.
PAGE := $(BIN)/python web/building.py

.PHONY: help run page tools test check format bench soak schema lock clean
.DELETE_ON_ERROR:

help:
	@echo "make run      everything on this machine, with demo firms; Ctrl-C ends it"
	@echo "make page     what browsers are shown, for make run and for packages, which build it themselves"
	@echo "make test     the tests"
	@echo "make tools    what they need of npm, which make test sees to"
	@echo "make check    format, lint, types, import layers, the schema's snapshot"
	@echo "make format   mend what can be mended of that"
	@echo "make bench    the benchmarks"
	@echo "make soak     the tests that run for minutes"
	@echo "make schema   write schema/schema.graphql anew"
	@echo "make lock     pin the dependencies anew"
	@echo "make clean    remove the environment (data in .jobwire stay)"

# The shell becomes the command, and the command ends with make, however make ends. Without the page all else is there.
run: $(READY)
	@$(MAKE) --no-print-directory page || echo "GraphiQL could not be built: its address will say so." >&2
	@exec $(BIN)/jobwire run --parent $$PPID

page: $(READY)
	@$(PAGE) --has-node || $(INSTALL) -r requirements-page.lock
	@$(PAGE)

# Without the page the tests of it say why they are left out. The published clients are installed before the tests: a
# registry may take longer than a test may.
tools: $(READY_TO_DEVELOP)
	@$(MAKE) --no-print-directory page || test -z "$$JOBWIRE_TEST_BROWSER"
	@$(BIN)/python -m tests.node || echo "The published clients could not be installed: their tests will say so." >&2

test: tools
	$(COMPILED_ONCE) $(BIN)/python -m pytest -m "not soak" -rs $(AT_ONCE)

check: $(READY_TO_DEVELOP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python -m cli export-schema --check

format: $(READY_TO_DEVELOP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY_TO_DEVELOP)
	$(BIN)/python -m bench

soak: $(READY_TO_DEVELOP)
	$(BIN)/python -m pytest -m soak --timeout=3600

schema: $(READY_TO_DEVELOP)
	$(BIN)/python -m cli export-schema schema/schema.graphql

# Names no package index: whoever installs has their own.
lock: $(READY_TO_DEVELOP)
	$(PIP) install uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet pyproject.toml --group dev -o requirements-dev.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet --group page -o requirements-page.lock

clean:
	rm -rf $(VENV) build *.egg-info

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Jobwire needs Python 3.11 or later; none was found. Name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Creating $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(READY): requirements.lock pyproject.toml | $(BIN)/python
	@if test ! -e $(READY_TO_DEVELOP); then echo "Installing dependencies ..." && $(INSTALL) -r requirements.lock; fi
	@$(PIP) install --no-deps --no-index --no-build-isolation --editable .
	@touch $@

$(READY_TO_DEVELOP): requirements-dev.lock $(READY) | $(BIN)/python
	@echo "Installing dependencies for development ..."
	@$(INSTALL) -r requirements-dev.lock
	@touch $@
