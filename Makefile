# One entry for everything: demo, test, bench, lint. All of it lives in .venv, built from the lock file.

SPEED ?= 60
OPTIONS ?=
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python
FIRMWARE := build/firmware
SUITE := $(RUN) -m pytest -m "not soak"
FORMATTED := gateway cloud deploy hardware bench firmware/*.py firmware/field tests/system tests/gateway tests/cloud tests/hardware \
  tests/firmware/*.py tests/firmware/field

.PHONY: demo test test-only soak bench bench-oxygen lint format docs sbom hardware lock clean

demo: $(VENV)/ready
	@$(RUN) -m firmware.build $(FIRMWARE)
	@exec $(RUN) -m hardware.twin.command demo --firmware $(FIRMWARE) --speed $(SPEED) $(OPTIONS)

test: $(VENV)/ready
	@.ci/tools
	@$(MAKE) --no-print-directory --jobs 2 lint test-only

# Much of the suite lives by the clock, on cores that it shares: what failed there is tried once more, alone.
test-only: $(VENV)/ready
	@$(RUN) -m firmware.build $(FIRMWARE)
	@$(SUITE) -n 3 --no-loadscope-reorder || { [ $$? = 1 ] && echo "Once more, alone:" && \
	  $(SUITE) -x --last-failed --last-failed-no-failures none; }

soak: $(VENV)/ready
	@.ci/tools
	@$(RUN) -m firmware.build $(FIRMWARE)
	@exec $(RUN) -m pytest -m soak --timeout 7200 -s

bench: $(VENV)/ready
	@$(RUN) -m firmware.build $(FIRMWARE)
	@exec $(RUN) -m bench

bench-oxygen: $(VENV)/ready
	@exec $(RUN) -m bench.oxygen $(OPTIONS)

lint: $(VENV)/ready
	@nice $(VENV)/bin/ruff check .
	@nice $(VENV)/bin/ruff format --check $(FORMATTED)
	@nice $(VENV)/bin/mypy
	@nice $(RUN) -m pytest -q tests/test_architecture.py

format: $(VENV)/ready
	@$(VENV)/bin/ruff format $(FORMATTED)
	@$(VENV)/bin/ruff check --fix .

docs: $(VENV)/ready
	@$(RUN) -m docs.generate

sbom: $(VENV)/ready
	@mkdir -p build
	@$(RUN) -m docs.sbom build/sbom.json

hardware: $(VENV)/ready
	@.ci/tools
	@$(RUN) -m hardware.drawings

# The lock holds every package with its hashes, for all supported Pythons and machines.
lock: $(VENV)/ready
	@$(VENV)/bin/pip install --quiet uv
	@$(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --all-extras pyproject.toml -o requirements.lock

$(VENV)/ready: requirements.lock pyproject.toml
	@.ci/virtualenv $(PYTHON) $(VENV)
	@touch $@

clean:
	rm -rf $(VENV) build .demo *.egg-info
