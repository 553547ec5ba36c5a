# The course's commands. `make book` and `make test` are all that a newcomer needs.
# On Windows or in conda: see the README; each command is one line of Python.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
EXTRAS := tensorflow,jax,book,test

.DEFAULT_GOAL := help
.PHONY: help book check test shake benchmarks serve lab wheel test-colab format hooks constraints system-packages clean

help:  ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-18s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# PEERS=1 adds PyTorch, for the tests that compare with it; the benchmarks always do.
ifneq ($(filter benchmarks,$(MAKECMDGOALS)),)
PEERS := 1
endif
ifdef PEERS
INSTALLED := $(VENV)/installed-with-peers
EXTRAS := $(EXTRAS),peers
else
INSTALLED := $(VENV)/installed
endif

$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if (3, 11) <= v < (3, 14) else f"The course needs Python 3.11, 3.12 or 3.13; {sys.executable} is {v.major}.{v.minor}. Name another: make PYTHON=python3.12 ...")'
	@$(BIN)/python -c '' 2>/dev/null || rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $(VENV)/installed $@

book: $(INSTALLED)  ## Run every notebook, build the site and say where it is
	$(BIN)/python -m tools.build

check: $(INSTALLED)  ## Check quickly what you change: style, quick tests (T=losses)
	$(BIN)/python -m tools.check quick $(T)

test: $(INSTALLED)  ## Check everything: style, package, notebooks, site
	$(BIN)/python -m tools.check

shake: $(INSTALLED)  ## Run notebooks with shaken rounding (SHAKE="--seeds 1-5 …")
	$(BIN)/python -m tools.shake $(SHAKE)

benchmarks: $(INSTALLED)  ## Measure against Keras and PyTorch (ROWS="…", JSON=…)
	$(BIN)/python -m benchmarks $(ROWS) $(if $(JSON),--json $(JSON))

serve: $(INSTALLED)  ## Build the site and show it on http://127.0.0.1:8000 (PORT=…)
	-$(BIN)/python -m tools.build
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

lab: $(VENV)/installed-lab  ## Open your own copy of the notebooks in JupyterLab
	$(BIN)/python -m tools.lab
	$(BIN)/jupyter lab --notebook-dir=lab

$(VENV)/installed-lab: $(INSTALLED)
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[lab]'
	@touch $@

wheel: $(INSTALLED)  ## Build the companion's wheel in dist/
	$(BIN)/python -m tools.wheel

test-colab: $(INSTALLED)  ## Run the notebooks against the versions that Colab ships
	$(BIN)/python -m tools.colab

format: $(INSTALLED)  ## Format code and notebooks, and strip the notebooks' outputs
	$(BIN)/ruff format .
	find book -name '*.ipynb' -exec $(BIN)/nbstripout --keep-id {} +
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

hooks: $(INSTALLED)  ## Let git check and format what you commit
	$(BIN)/pre-commit install

constraints: $(INSTALLED)  ## Pin the newest versions that go together in constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile pyproject.toml --quiet --universal --upgrade --all-extras \
	  --fork-strategy fewest --python-version 3.11 --no-annotate --no-emit-index-url \
	  --custom-compile-command 'make constraints' --output-file constraints.txt

system-packages:  ## Install what the browser tests need (Debian; as root)
	apt-get update
	apt-get install --yes --no-install-recommends chromium

clean:  ## Remove what was built; the environment stays
	rm -rf _build out dist
