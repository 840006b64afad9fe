# Two commands matter: `make demo` and `make test`. Both set everything up first and need only Python 3.11 or newer.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PORT ?= 8000
CATALOGUE := src/geokg/endpoint/locale/fr.po

# The tests start geokg some hundreds of times; where it may not keep what it compiles, half of each start is compiling.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup web texts demo graph test coverage lint format screenshots bench soak fuzz clean

help:  ## Say what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1\t\2/' | expand -t 16

$(READY): pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "geokg needs Python 3.11 or newer; make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

setup: $(READY)  ## Make .venv with geokg and all that its tests need

web: $(READY)  ## Make the scripts of the pages anew, if their sources changed
	$(BIN)/python web/build.py

texts: $(READY)  ## Bring the catalogue of what pages say up to date with templates and modules
	@mkdir -p build
	$(BIN)/pybabel -q extract -F pyproject.toml --project geokg --no-wrap --add-location file --sort-by-file -o build/geokg.pot .
	$(BIN)/pybabel -q update -i build/geokg.pot -l fr -o $(CATALOGUE) --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date

graph: web
	$(BIN)/geokg build data -o kg.trig

demo: graph  ## Build the article's graph, check it, ask it, and serve it
	$(BIN)/geokg check kg.trig
	@echo; echo "Who says that China benefits, and through whom do we know?"
	$(BIN)/geokg query kg.trig --name 14
	@echo; echo "What was promised, by whom, told by whom, in which words?"
	$(BIN)/geokg explain kg.trig "$$($(BIN)/geokg query kg.trig 'SELECT ?c { ?c a gk:RestraintCommitment }' --format csv | tail -n 1 | tr -d '\r')"
	@echo
	$(BIN)/geokg serve kg.trig --port $(PORT)

test: web  ## Run every test, the linters first
	$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest -n auto $(TESTS)

coverage: $(READY)  ## Which lines no test runs; workers that are killed cannot tell, and count as not run
	$(BIN)/python -m pytest -n auto --cov --cov-report=term $(TESTS)

lint: $(READY)  ## Style, types, and the floors of the house
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m geokg.canonical --check $$(git ls-files 'ontology/*.ttl' 'ontology/**/*.ttl' 'data/*.ttl' 'data/**/*.ttl')

format: $(READY)  ## Bring code and Turtle into their one form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m geokg.canonical $$(git ls-files 'ontology/*.ttl' 'ontology/**/*.ttl' 'data/*.ttl' 'data/**/*.ttl')

screenshots: web  ## Pictures of every page, wide and narrow, light and dark, in build/screenshots
	$(BIN)/python tests/screenshots.py

bench: $(READY)  ## What the README says about speed, measured here
	$(BIN)/python benchmarks/build.py
	$(BIN)/python benchmarks/query.py
	$(BIN)/python benchmarks/validation.py
	$(BIN)/python benchmarks/reasoning.py
	$(BIN)/python benchmarks/drafting.py
	$(BIN)/python benchmarks/endpoint.py

soak: $(READY)  ## Ten minutes of readers, writers, killers and leavers, and a look at what is left of them
	$(BIN)/python benchmarks/soak.py

fuzz: $(READY)  ## Hostile inputs and spoilt files, a hundred thousand of each
	$(BIN)/python tests/fuzz.py
	$(BIN)/python tests/fuzz_readers.py

clean:  ## Remove what the other commands made
	rm -rf $(VENV) web/node_modules src/geokg/endpoint/static/bundle kg.trig build dist .coverage htmlcov .mypy_cache .ruff_cache .pytest_cache .hypothesis
