# SPDX-FileCopyrightText: The ailab.conformance authors
# SPDX-License-Identifier: GPL-3.0-or-later
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
# With `make -C` it is still that of the caller, and the playbooks write where they are called.
export PWD := $(CURDIR)
export ANSIBLE_FORCE_COLOR ?= $(if $(MAKE_TERMOUT),true,false)

# Root needs no password; a user whose sudo wants one is asked once, by Ansible.
BECOME = $(shell [ "$$(id -u)" = 0 ] || sudo -n true 2>/dev/null || echo --ask-become-pass)

##: Use it
help: ## this table
	@awk -F ':.*## ' '/^##: / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## .venv with pinned packages; says in one line each what this machine lacks
	@scripts/setup

demo: setup-packages ## judge a recorded run of the lab again, and write its report: no root, no cluster, ten seconds
	@rm -rf runs/demo && mkdir -p runs/demo && tar -xzf demo/recording.tar.gz -C runs/demo --strip-components=1
	@$(BIN)/ansible-playbook playbooks/demo.yml $(ARGS)

lab: setup ## build the lab, ask its KKP for a cluster with GPUs, verify it, write the report
	@$(BIN)/ansible-playbook site.yml $(BECOME) $(ARGS)

lab-down: setup ## take the lab down; nothing of it is left but the cache and the reports
	@$(BIN)/ansible-playbook playbooks/destroy.yml $(BECOME) $(ARGS)

verify: setup ## prove the requirements again on the standing cluster, and write the report
	@$(BIN)/ansible-playbook site.yml --tags verify,report $(BECOME) $(ARGS)

##: Test it
test: setup-dev ## linters, unit tests and, on the lab, integration and sabotage tests
	@$(BIN)/pytest $(ARGS)

lint: setup-dev ## ruff, mypy, ansible-lint, yamllint, changelog
	@$(BIN)/pytest tests/lint $(ARGS)

unit: setup-dev ## tests that need no cluster
	@$(BIN)/pytest tests/unit $(ARGS)

integration: setup-dev ## tests on the lab, which they bring up
	@$(BIN)/pytest tests/integration $(ARGS)

molecule: setup-dev ## one role on the standing lab: make molecule ROLE=dra_driver
	@PATH="$(CURDIR)/$(BIN):$$PATH" MOLECULE_GLOB='molecule/*/molecule.yml' molecule test --scenario-name $(or $(ROLE),$(error which role? make molecule ROLE=dra_driver))

bench: setup ## how long the lab takes on this machine, with everything built
	@$(if $(filter-out 0,$(shell id -u)),sudo) $(BIN)/python bench/lab.py $(ARGS)

##: Ship it
build: setup-dev ## the collection's tarball, in build/
	@$(BIN)/ansible-galaxy collection build --force --output-path build

docs: setup-dev ## the generated pages of docs/, and the table of verdicts in README.md
	@$(BIN)/python scripts/docs.py

record-demo: setup-packages ## what `make demo` shows, from the newest run of runs/lab: make record-demo RUN=runs/lab/<id>
	@$(BIN)/python scripts/record_demo.py $(RUN)
	@$(BIN)/python scripts/docs.py

lock: setup-dev ## pin the Python packages anew, with hashes
	@scripts/lock

setup-packages:
	@scripts/setup --packages

setup-dev:
	@scripts/setup --dev

.PHONY: help setup setup-packages setup-dev demo lab lab-down verify test lint unit integration molecule bench build docs record-demo lock
