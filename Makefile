# What a newcomer types: `make demo` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
export CGO_ENABLED ?= 0
export GOFLAGS := -tags=gms_pure_go
export GOTOOLCHAIN ?= local
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/silogate-test
TOOLS := $(CACHE)/bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Tests print one line a package and the counts at the end, with gotestsum where `make deps` has put it.
GOTEST := $(shell if [ -x $(TOOLS)/gotestsum ]; then echo "$(TOOLS)/gotestsum --format pkgname --"; else echo "go test"; fi)

.PHONY: help deps build demo test integration nightly race lint bench
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

deps: ## install test servers, tools and Python packages (Debian, pinned versions) into the cache
	@scripts/deps.sh $(CACHE)

build: ## bin/silogate
	go build -ldflags "-s -w -X main.version=$(VERSION)" -o bin/silogate ./cmd/silogate

demo: build ## run the gateway over embedded sample silos on 127.0.0.1:3306
	bin/silogate demo

test: ## unit, golden and demo tests: needs Go alone
	$(GOTEST) ./...

integration: deps ## tests against real servers: Postgres, S3, MariaDB
	go run ./internal/testserver/run $(TOOLS)/gotestsum --format pkgname -- -tags gms_pure_go,integration -timeout 30m -p 2 ./...

nightly: deps ## the long suites, in hours
	python3 -m venv $(CACHE)/venv-mlflow
	$(CACHE)/venv-mlflow/bin/pip install --quiet --disable-pip-version-check -r scripts/requirements-mlflow.txt
	python3 -m venv $(CACHE)/venv-mlflow2
	$(CACHE)/venv-mlflow2/bin/pip install --quiet --disable-pip-version-check -r scripts/requirements-mlflow2.txt
	scripts/deps-clients.sh $(CACHE)
	go run ./internal/testserver/run scripts/nightly.sh $(TOOLS)/gotestsum --format pkgname --

race: ## unit tests under the race detector
	CGO_ENABLED=1 $(GOTEST) -race -timeout 30m ./...

lint: deps ## golangci-lint with the import rules
	$(TOOLS)/golangci-lint run ./...

bench: build deps ## compare with DuckDB and others; writes bench/RESULTS.md and bench/HITS.md
	$(CACHE)/venv/bin/pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	python3 -m venv $(CACHE)/venv-duckdb2
	$(CACHE)/venv-duckdb2/bin/pip install --quiet --disable-pip-version-check -r bench/requirements-duckdb2.txt
	go run ./internal/testserver/run $(CACHE)/venv/bin/python bench/bench.py
	go run ./internal/testserver/run $(CACHE)/venv/bin/python bench/throughput.py $(CACHE)/tpch-1/parquet
	$(CACHE)/venv/bin/python bench/hits.py
