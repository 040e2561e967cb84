# make run   the main job: four hospitals, ten rounds and more, on a chain in this process
# make demo-network  the same as separate programs: a devnet, four participants, four oracles; then on anvil with Kubo
# make test  the whole test suite
# make chaos the chaos suite at length: 200 kills and more, with figures
# make check what CI runs: style, types, layers, generated files, tests
# make audit what CI runs on the contracts beyond that: forge's quick tests, slither, halmos
# make forge-long  a million calls and more against the invariants; make mutants  do the tests notice changed contracts
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SCRIPTS := scripts/build-datasets scripts/check-protocol scripts/check-slither scripts/make-cli-reference \
	scripts/make-vectors scripts/mutate-contracts
FORGE := .services/bin/forge
AUDIT := .audit/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run demo-network test chaos check lint generated audit forge forge-long slither halmos mutants clean
.DEFAULT_GOAL := run

run: $(VENV)/core
	@$(BIN)/qfl run

demo-network: $(VENV)/core
	@$(BIN)/qfl network
	@scripts/demo-services $(BIN)/qfl

test: $(VENV)/dev
	@$(BIN)/python -m pytest --numprocesses 2

chaos: $(VENV)/dev
	@QFL_CHAOS_KILLS=200 $(BIN)/python -m pytest -q -s tests/chaos

check: lint generated test

lint: $(VENV)/dev
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/mypy --no-error-summary --scripts-are-modules $(SCRIPTS)
	@$(BIN)/lint-imports --no-cache > $(VENV)/imports.log || { cat $(VENV)/imports.log; exit 1; }

generated: $(VENV)/dev
	@$(BIN)/python scripts/make-cli-reference --check
	@$(BIN)/python scripts/make-vectors --check
	@$(BIN)/python scripts/check-protocol

audit: forge slither halmos

forge: $(FORGE)
	@$(FORGE) test

forge-long: $(FORGE)
	@scripts/forge-long

slither: $(FORGE) $(AUDIT)/slither
	@scripts/check-slither

halmos: $(FORGE) $(AUDIT)/slither
	@PATH=$(CURDIR)/.services/bin:$$PATH FOUNDRY_PROFILE=symbolic $(AUDIT)/halmos --contract SymbolicTest --forge-build-out .forge/symbolic

mutants: $(FORGE) $(VENV)/dev
	@$(BIN)/python scripts/mutate-contracts

$(FORGE): scripts/install-foundry
	@scripts/install-solc
	@scripts/install-foundry
	@touch $@

$(AUDIT)/slither: scripts/install-auditors
	@PYTHON=$(PYTHON) scripts/install-auditors
	@touch $@

$(VENV)/core: pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --editable .
	@touch $@

$(VENV)/dev: pyproject.toml constraints.txt $(VENV)/core
	@$(PIP) --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .audit .forge .solc .mypy_cache .ruff_cache .pytest_cache .hypothesis
