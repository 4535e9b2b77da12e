#!/usr/bin/env bash
# Runs the long suites on test servers that are there: random queries through the gateway, most of whose time is one core's,
# beside all else. The arguments are what runs tests: go test, or gotestsum with its options.
set -uo pipefail
export SILOGATE_NIGHTLY=1
long() { "${runner[@]}" -tags gms_pure_go,integration -timeout 5h "$@"; }
runner=("$@")
status=0

long -run '^TestRandom' ./cmd/silogate &
random=$!
mapfile -t others < <(go list -tags gms_pure_go,integration ./... | grep -v '/cmd/silogate$')
long -p 1 "${others[@]}" || status=1
long -skip '^TestRandom' ./cmd/silogate || status=1
wait "$random" || status=1
# What clients may send: half an hour of what no client does. Making an input small that is no failure would take most of that.
long -run '^$' -fuzz '^FuzzConnection$' -fuzztime 25m -fuzzminimizetime 1s -parallel 2 ./gateway/mysql || status=1
long -run '^$' -fuzz '^FuzzLogin$' -fuzztime 5m -fuzzminimizetime 1s -parallel 2 ./gateway/mysql || status=1
exit "$status"
