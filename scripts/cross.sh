#!/bin/sh
# Compiles testbed for other systems, as far as this machine can, into
# bin/cross, and says what of each was compiled. Without a C compiler for the
# system a program has all but ONNX Runtime: it refuses to open a session, with
# an error that says why.
set -eu
cd "$(dirname "$0")/.."

# build GOOS GOARCH NAME [ENVIRONMENT...]: everything, and the program as NAME.
build() {
	goos=$1 goarch=$2 name=$3
	shift 3
	env GOOS="$goos" GOARCH="$goarch" "$@" go build ./...
	env GOOS="$goos" GOARCH="$goarch" "$@" go build -o "bin/cross/$name" ./testbed
}

mkdir -p bin/cross
build linux arm64 testbed-linux-arm64-nocgo CGO_ENABLED=0
echo "linux/arm64: all packages without cgo (no sessions): bin/cross/testbed-linux-arm64-nocgo"

cc=${CC_LINUX_ARM64:-aarch64-linux-gnu-gcc}
if command -v "$cc" >/dev/null; then
	build linux arm64 testbed-linux-arm64 CGO_ENABLED=1 CC="$cc"
	echo "linux/arm64: all packages with cgo, by $cc: bin/cross/testbed-linux-arm64"
else
	echo "linux/arm64: NOT compiled with cgo: no $cc here (Debian: apt install gcc-aarch64-linux-gnu)"
fi

build darwin arm64 testbed-darwin-arm64-nocgo CGO_ENABLED=0
echo "darwin/arm64: all packages without cgo (no sessions): bin/cross/testbed-darwin-arm64-nocgo"
echo "darwin/arm64: worlds, calibration and background load are Linux's: stubs that say so"
echo "darwin/arm64: NOT compiled with cgo, which needs Apple's tools: on a Mac, go build ./testbed"
