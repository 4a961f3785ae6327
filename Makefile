# make run    builds testbed and runs the showpiece, about four minutes
# make test   all tests, race detector on, and those of test-netem
# make build  bin/testbed
# make crosscheck  how alike the simulation and the emulated network are, 25 minutes
# make cross  for linux/arm64 and darwin/arm64, as far as this machine can
# Each gets what it needs: Go, gcc, make and npm, and apt for test, are all that
# must be there.

SCENARIO ?= scenarios/lowbw.yaml
export CGO_ENABLED = 1

.PHONY: run test test-netem build cross crosscheck onnxruntime chromium fmt vet bench fuzz clean
.DEFAULT_GOAL := build

run: build
	bin/testbed run $(SCENARIO)

# What plays links is tested by itself: its tests tell when packets come.
test: onnxruntime chromium fmt vet test-netem
	go test -race -p 1 -timeout 30m ./emulator/...
	go test -race -timeout 30m $$(go list ./... | grep -v '/emulator')
	go test -timeout 30m -run TestScripts/imagenet ./testbed

# The kernel of this machine may have no netem; that of User-Mode Linux has.
test-netem:
	@scripts/test-netem.sh

build: onnxruntime
	go build -o bin/testbed ./testbed

cross:
	@scripts/cross.sh

crosscheck: build
	@scripts/crosscheck.sh

onnxruntime:
	@scripts/get-onnxruntime.sh

chromium:
	@scripts/get-chromium.sh

fmt:
	@files=$$(gofmt -l .); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; } >&2

vet:
	go vet ./...

bench: onnxruntime
	go test -run '^$$' -bench . -benchmem ./...

# Each fuzz target there is, for half a minute.
fuzz:
	@grep -rlE '^func Fuzz' --include='*_test.go' . | while read -r f; do \
		grep -oE '^func Fuzz[A-Za-z0-9]+' "$$f" | sed 's/^func //' | while read -r target; do \
			go test "$$(dirname "$$f")" -run '^$$' -fuzz "^$$target\$$" -fuzztime 30s -fuzzminimizetime 5x || exit 1; \
		done || exit 1; \
	done

clean:
	rm -rf bin
