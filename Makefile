SHELL := /bin/bash
GO_TEST_FLAGS ?= -timeout 15m
SCALE ?= 20
LINT_VERSION := v2.11.4

help: ## show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sort | awk -F':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

build: ## build build/orbchaind and build/orb
	CGO_ENABLED=0 go build -trimpath -o build/ ./cmd/orbchaind ./cmd/orb

test: build ## run every test, end-to-end ones with real processes included
	go test $(GO_TEST_FLAGS) ./...
	go test $(GO_TEST_FLAGS) -tags sims ./app -run TestSimulation -NumBlocks=50 -BlockSize=50

sim: ## run long simulations: 500 blocks of 200 messages, several seeds, all money counted after every block
	go test -timeout 3h -tags sims ./app -run TestSimulation -NumBlocks=500 -BlockSize=200 -Seeds=5

sim-network: ## simulate routing, mirroring and gossip of 10,000 nodes in one process
	go run ./scripts/netsim

lint: build/tools/golangci-lint ## run the pinned linter
	build/tools/golangci-lint run ./...

build/tools/golangci-lint:
	GOBIN=$(CURDIR)/build/tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)

gen: ## regenerate code from proto/ (needs protoc)
	scripts/gen.sh

demo: build ## run the main job on a loopback network and show who was paid
	build/orb demo

devnet: build ## run a loopback network until Ctrl-C
	build/orb devnet

bench: bench-chain bench-state bench-gateway bench-network bench-runtime ## run every benchmark into build/bench/results.json

bench-chain: ## settlements and possession proofs beside bank sends, at the level of the app
	go run ./scripts/bench chain

bench-state: ## blocks on disk of a chain that holds a million functions and lanes, divided by SCALE, beside one that holds none
	go run ./scripts/bench -scale $(SCALE) state

bench-gateway: build ## requests/s and latency through the gateway beside native servers
	go run ./scripts/bench gateway

bench-network: ## invoke beside HTTP, payment on beside off, fetching, notification, rising demand, and a node's memory
	go run ./scripts/bench network
	for functions in 0 100 1000; do go run ./scripts/bench -seeded $$functions memory || exit; done

bench-runtime: ## function runtime beside bare wazero (needs clang and wasm-ld)
	go run ./scripts/bench runtime

reliability-idle: build ## watch a network of real processes without load for what grows, three minutes (needs root)
	go run ./scripts/reliability -only-idle

reliability: build ## break a network of real processes under load and count the cost, into build/reliability/results.json (needs root)
	go run ./scripts/reliability

clean: ## remove build/
	rm -rf build

.PHONY: help build test sim sim-network lint gen demo devnet bench bench-chain bench-state bench-gateway bench-network bench-runtime reliability reliability-idle clean
.DEFAULT_GOAL := help
