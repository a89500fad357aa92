# make install | run | test | check | bench | lock | clean
# Needs Python 3.11 or newer with its venv module. To pick one: make install PYTHON=python3.12
# More arguments for a tool: make test ARGS="-k engine"

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8080

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
SOURCES := chatbot handlers models locales tests

.DEFAULT_GOAL := install
.PHONY: install run test check bench lock clean

install: $(VENV)/.installed

run: install
	HOST=$(HOST) PORT=$(PORT) $(BIN)/chatbot demo

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -rsfE -n auto $(ARGS)

check: $(VENV)/.installed-dev
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy --strict $(SOURCES)

bench: $(VENV)/.installed-dev
	$(BIN)/python -m tests.bench $(ARGS)

# Every version stays as it is unless pyproject.toml asks for another; newest of all: make lock ARGS=--upgrade
# The dev lock is made on top of the other, so that what is tested is what runs.
lock: COMPILE = $$tools/bin/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --quiet
lock:
	tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(PYTHON) -m venv "$$tools" && "$$tools/bin/pip" install --quiet uv && \
	$(COMPILE) -o requirements.lock $(ARGS) && \
	$(COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock $(ARGS)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

# One stamp per lock: nothing is downloaded again until a lock or pyproject.toml changes.
$(VENV)/.installed: requirements.lock
$(VENV)/.installed-dev: requirements-dev.lock
$(VENV)/.installed $(VENV)/.installed-dev: pyproject.toml
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	        { echo 'Python 3.11 or newer is needed: $(PYTHON) is older or missing. Try: make PYTHON=python3.12' >&2; exit 1; }; \
	    $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	        { echo 'The venv module of $(PYTHON) is missing. On Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }; \
	    $(PYTHON) -m venv --clear $(VENV); }
	$(PIP) install --require-hashes -r $(filter %.lock,$^)
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
