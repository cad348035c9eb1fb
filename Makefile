# Every target makes the environment first, from the lock files with hashes. PYTHON chooses the interpreter.
PYTHON ?= python3
# How many processes share the tests that need no browser. A rotation waits most of its time.
PROCESSES ?= 5
AUDIT := uvx pip-audit@2.10.1 --disable-pip --require-hashes
# Neighbours stay together, so that what a file shares is made once; a process that is done takes over from the others.
TOGETHER := --dist worksteal
SHARED := -n $(PROCESSES) $(TOGETHER)
# What asks only the sandbox's twins (tests/twins.py).
TWINS := tests/vendors tests/vaults/hashicorp tests/vaults/aws tests/vaults/test_client_contract.py tests/kit/test_shipped_kinds.py
BIN := .venv/bin
# What `make newer` tries; rekey itself runs with the Prefect of its lock files.
NEWER_PREFECT := 3.9.1

# The many processes of the tests find rekey compiled, also where the environment says that nothing is to be kept.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo rehearse production quick test long newer twins coverage faults chaos failover bench picture reference lock audit clean

help:  ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

demo: .venv/run  ## the whole of rekey on this machine against the sandbox, until Ctrl-C
	@$(BIN)/rekey demo $(ARGS)

rehearse: .venv/run  ## one whole rotation by a robot operator: make rehearse CREDENTIAL=alpaca-live SCENARIO=dyno-crash
	@$(BIN)/rekey rehearse $(or $(CREDENTIAL),alpaca-paper) --scenario $(or $(SCENARIO),plain) $(if $(PROOF),--proof $(PROOF)) $(if $(ENTRY),--entry $(ENTRY)) $(if $(APPROVALS),--approvals $(APPROVALS))

production: .venv/dev  ## rekey as a team runs it, on this machine: PostgreSQL, Redis, two servers, TLS, three workers
	@$(BIN)/python -m deployments.production $(ARGS)

# These tests wait for less: few processes, because each takes seconds to find the tests.
quick: .venv/dev  ## on every save: lint, and the tests that need neither a Prefect server nor a browser
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -n 4 $(TOGETHER) --ignore tests/browser $(TWINS:%=--ignore=%) -m "not long and not prefect"
	@echo "The twins' own tests are left out: \`make twins\` runs them."

test: .venv/dev  ## lint, types and all tests; the twins' own only when what they go through changed since `make twins`
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.together $(SHARED)

long: .venv/dev  ## variants of tests that `make test` leaves out
	$(BIN)/python -m tests.together $(SHARED) -m long

newer: .venv-newer/dev  ## all tests with a newer Prefect than the locked one, in an environment of its own
	.venv-newer/bin/python -m tests.together $(SHARED)

twins: .venv/dev  ## every test of the sandbox's twins and of the clients before them, then notes that all are green
	$(BIN)/python -m pytest $(SHARED) -m "long or not long" $(TWINS)
	$(BIN)/python -m tests.twins

coverage: .venv/dev  ## how much of the product the tests without a browser reach, by branch; fails under the floor in pyproject.toml
	$(BIN)/python -m pytest $(SHARED) --ignore tests/browser --ignore tests/project/test_quick.py --cov --cov-report=term:skip-covered

faults: .venv/dev  ## every vendor call of a live rotation failing in every way, into docs/fault-grid.md: ARGS="--shard 1/2"
	$(BIN)/python -m tests.faults $(ARGS)

chaos: .venv/dev  ## a rotation killed at every point and started again, into docs/crash-grid.md: ARGS="--missing"
	$(BIN)/python -m tests.chaos $(ARGS)

failover: .venv/dev  ## each kind of process of `make production` killed in a live rotation, into docs/failover-grid.md: ARGS="--missing"
	$(BIN)/python -m tests.failover $(ARGS)

bench: .venv/dev  ## how fast, how many requests, and how long trading stands still: make bench ARGS="--live 1 --health"
	$(BIN)/python -m tests.bench $(ARGS)

picture: .venv/dev  ## draw docs/architecture.svg of the imports as they are now
	$(BIN)/python -m tests.project.picture

reference: .venv/dev  ## write docs/reference/ and .env.example of the code as it is now
	$(BIN)/python -m tests.project.reference
	$(BIN)/python -m deployments.setup.env_example

.venv/run: requirements.lock pyproject.toml
	@PYTHON=$(PYTHON) ./deployments/make_environment.sh run requirements.lock

.venv/dev: requirements-dev.lock pyproject.toml
	@PYTHON=$(PYTHON) ./deployments/make_environment.sh dev requirements-dev.lock

# pip says that rekey asks for another Prefect: that is what is tried.
.venv-newer/dev: requirements-dev.lock pyproject.toml Makefile
	@PYTHON=$(PYTHON) VENV=.venv-newer ./deployments/make_environment.sh run requirements-dev.lock
	.venv-newer/bin/python -m pip install --quiet --disable-pip-version-check "prefect==$(NEWER_PREFECT)"
	@touch $@

lock:  ## resolve the three lock files again (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --group build -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --group build --group dev --extra production --extra kubernetes --extra aws --extra otlp -c requirements.lock -o requirements-dev.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml --group build --extra production --extra kubernetes --extra aws --extra otlp -c requirements-dev.lock -o requirements-production.lock

audit:  ## known vulnerabilities of the locked packages (needs uv)
	$(AUDIT) -r requirements.lock
	$(AUDIT) -r requirements-dev.lock
	$(AUDIT) -r requirements-production.lock

clean:  ## remove the environment and everything local
	rm -rf .venv .venv-newer .rekey
