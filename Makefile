# make exam    set up, build the control work of the seed lecture, say where the PDFs are
# make test    set up, run the whole test suite
# make lint    ruff and mypy
# make docs    the documentation as a site, in build/docs
# make bench   time pages, keys, proofs and starts, beside pdfLaTeX and Typst where they are; BENCH=--quick takes less
# make faults  kill builds at random, fill and lock their disks, let two meet: 200 trials; FAULTS="-n 20 --quick" takes fewer
# make pins    renew constraints.txt from a clean environment
# make sample  renew the pictures in variants/sample/ that the README shows
# make table   renew what tools write: the README's table with its thumbnails, the gallery, mistakes, draws of new presets
# make coverage  lines and branches that the core suite reaches; COVERAGE=--all takes the whole suite
# make mutants   break the core MUTANTS=500 times and see that the core suite notices; goes on where it was stopped
# make clean   remove what was built; make distclean removes .venv too

PYTHON ?= python3
EXAM ?= variants/lecture6.toml
VENV := .venv
BIN := $(VENV)/bin
# the build backend comes pinned too, hence no isolated environment of its own
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check -c constraints.txt
EDITABLE := $(INSTALL) --no-build-isolation -e

.PHONY: exam test lint docs bench faults pins sample table coverage mutants clean distclean
.DELETE_ON_ERROR:

exam: $(VENV)/exam.stamp
	@$(PYTHON) .ci/system.py pdf
	@$(BIN)/examgen build $(EXAM)
	@echo "The PDFs are $(basename $(EXAM))/sheets.pdf and $(basename $(EXAM))/key.pdf"

test: $(VENV)/test.stamp
	@$(PYTHON) .ci/system.py pdf poppler
	$(BIN)/python -m pytest

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy --strict examgen

docs: $(VENV)/test.stamp
	@$(PYTHON) .ci/system.py pdf
	@$(BIN)/python -m sphinx -q -E -W --keep-going -b html -d build/doctrees docs build/docs
	@echo "The site begins at build/docs/index.html"

$(VENV)/exam.stamp: pyproject.toml constraints.txt
	@$(PYTHON) .ci/system.py python venv pdf
	@echo "Setting up $(VENV): a minute or two, once"
	@$(PYTHON) -m venv $(VENV)
	@$(INSTALL) hatchling
	@$(EDITABLE) '.[torch]'
	@touch $@

$(VENV)/test.stamp: $(VENV)/exam.stamp
	@$(PYTHON) .ci/system.py poppler
	@$(EDITABLE) '.[torch,cluster,dev,adapters,docs]'
	@touch $@

# the peers are not installed here: what is missing is named, with the command that brings it
BENCH ?=
bench: $(VENV)/test.stamp
	@$(PYTHON) .ci/system.py pdf
	@$(BIN)/python benchmarks/bench.py $(BENCH)

FAULTS ?=
faults: $(VENV)/test.stamp
	@$(PYTHON) .ci/system.py pdf
	@$(BIN)/python benchmarks/faults.py $(FAULTS)

# PyTorch stays where it is unless TORCH says otherwise: another release may bring another build (CPU or CUDA)
TORCH ?= 2.13.0
pins:
	rm -rf .pins
	$(PYTHON) -m venv .pins
	.pins/bin/python -m pip install -qq torch==$(TORCH)
	.pins/bin/python -m pip install -qq hatchling '.[torch,cluster,dev,adapters,docs]' torch==$(TORCH)
	.pins/bin/python .ci/pins.py > constraints.new
	mv constraints.new constraints.txt
	rm -rf .pins

# a page of the sheets, the first strips of the key and the beginning of a worked solution, in both languages
sample: $(VENV)/test.stamp
	@for language in en ru; do \
	  $(BIN)/examgen build variants/lecture6.toml -n 8 --language $$language -o build/sample-$$language && \
	  pdftoppm -r 60 -f 2 -l 2 -singlefile -png build/sample-$$language/sheets.pdf variants/sample/sheet-$$language && \
	  pdftoppm -r 60 -f 5 -l 5 -singlefile -png build/sample-$$language/key.pdf variants/sample/key-$$language && \
	  pdftoppm -r 60 -f 1 -l 1 -singlefile -png $$(ls build/sample-$$language/solutions/*.pdf | head -n 1) \
	    variants/sample/solution-$$language || exit; \
	done

table: $(VENV)/test.stamp
	@$(PYTHON) .ci/system.py pdf poppler
	@$(BIN)/python .ci/table.py
	@$(BIN)/python -m tests.renew

COVERAGE ?=
coverage: $(VENV)/test.stamp
	@$(BIN)/python .ci/covered.py $(COVERAGE)

MUTANTS ?= 500
mutants: $(VENV)/test.stamp
	@$(BIN)/python .ci/mutants.py --count $(MUTANTS)

clean:
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .pins constraints.new
	find . -name __pycache__ -not -path './$(VENV)/*' -prune -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
