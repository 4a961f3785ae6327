# make run    builds testbed and runs the showpiece, about two minutes
# make test   all tests, race detector on, and those of test-netem
# make build  bin/testbed
# Each gets what it needs: Go, gcc, make and npm, and apt for test, are all that
# must be there.

SCENARIO ?= scenarios/lowbw.yaml
export CGO_ENABLED = 1

.PHONY: run test test-netem build onnxruntime fmt vet bench fuzz clean
.DEFAULT_GOAL := build

run: build onnxruntime
	bin/testbed run $(SCENARIO)

test: onnxruntime fmt vet test-netem
	go test -race -timeout 30m ./...

# The kernel of this machine may have no netem; that of User-Mode Linux has.
test-netem:
	@scripts/test-netem.sh

build:
	go build -o bin/testbed ./testbed

onnxruntime:
	@scripts/get-onnxruntime.sh

fmt:
	@files=$$(gofmt -l .); test -z "$$files" || { echo "gofmt would change:"; echo "$$files"; exit 1; } >&2

vet:
	go vet ./...

bench: onnxruntime
	go test -run '^$$' -bench . -benchmem ./...

fuzz:
	go test ./emulator/trace/formats -run "^$$" -fuzz FuzzNetworkFormats -fuzztime 30s -fuzzminimizetime 5x
	go test ./emulator/trace/formats -run "^$$" -fuzz FuzzUtilization -fuzztime 30s -fuzzminimizetime 5x
	go test ./emulator/unit -run '^$$' -fuzz FuzzParseBitRate -fuzztime 30s
	go test ./emulator/trace -run '^$$' -fuzz FuzzParseMahimahi -fuzztime 30s

clean:
	rm -rf bin
