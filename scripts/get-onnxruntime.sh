#!/bin/sh
# Puts ONNX Runtime's shared library where testbed looks for it:
#
#   $TESTBED_CACHE/onnxruntime-1.29.0-OS-ARCH/      (TESTBED_CACHE: the user's
#   cache directory/testbed if it is not set)
#
# and prints its path. Does nothing if it is there. The library is the one in
# the npm package onnxruntime-node: CPU only, for Linux on x86-64 and arm64 and
# for macOS on arm64. Needs npm and tar; needs no root, and writes nothing else.
set -eu

version=1.29.0
tarball_sha256=cfdfb45ec4044b1fdca43e5d2e180fb6817e649ff8ad1e0dfc90e18e51b67037

die() {
	echo "get-onnxruntime: $*" >&2
	exit 1
}

case $(uname -s)-$(uname -m) in
Linux-x86_64) os=linux arch=amd64 member=linux/x64/libonnxruntime.so.1 name=libonnxruntime.so.1 ;;
Linux-aarch64 | Linux-arm64) os=linux arch=arm64 member=linux/arm64/libonnxruntime.so.1 name=libonnxruntime.so.1 ;;
Darwin-arm64) os=darwin arch=arm64 member=darwin/arm64/libonnxruntime.$version.dylib name=libonnxruntime.dylib ;;
*) die "no library for $(uname -s) on $(uname -m): set TESTBED_ONNXRUNTIME to the path of one (ONNX Runtime $version or later)" ;;
esac

# The same directory as os.UserCacheDir in Go.
if [ -n "${TESTBED_CACHE:-}" ]; then
	cache=$TESTBED_CACHE
elif [ "$os" = darwin ]; then
	cache=${HOME:?set HOME or TESTBED_CACHE}/Library/Caches/testbed
elif [ -n "${XDG_CACHE_HOME:-}" ]; then
	cache=$XDG_CACHE_HOME/testbed
else
	cache=${HOME:?set HOME, XDG_CACHE_HOME or TESTBED_CACHE}/.cache/testbed
fi
lib=$cache/onnxruntime-$version-$os-$arch/$name

# It is moved there in one step, so what is there is whole.
if [ -f "$lib" ]; then
	echo "$lib"
	exit 0
fi

command -v npm >/dev/null || die "npm is missing: install it (Debian: apt-get install npm), or set TESTBED_ONNXRUNTIME to the path of a libonnxruntime"
if command -v sha256sum >/dev/null; then
	sha256() { sha256sum "$1" | cut -d ' ' -f 1; }
else
	sha256() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
fi

mkdir -p "$cache" || die "cannot make $cache: set TESTBED_CACHE to a directory that can be written"
tmp=$(mktemp -d "$cache/.get-onnxruntime.XXXXXX") || die "cannot write in $cache: set TESTBED_CACHE to a directory that can be written"
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

echo "get-onnxruntime: fetching onnxruntime-node $version (112 MB)" >&2
(cd "$tmp" && npm pack --silent --cache "$tmp/npm" "onnxruntime-node@$version" >/dev/null) ||
	die "npm pack onnxruntime-node@$version did not work: see above; is there a network?"
tarball=$tmp/onnxruntime-node-$version.tgz
[ -f "$tarball" ] || die "npm pack left no onnxruntime-node-$version.tgz"
got=$(sha256 "$tarball")
[ "$got" = "$tarball_sha256" ] || die "onnxruntime-node-$version.tgz: SHA-256 is $got: want $tarball_sha256"

tar -xzf "$tarball" -C "$tmp" "package/bin/napi-v6/$member" || die "cannot take $member out of the package"
chmod 755 "$tmp/package/bin/napi-v6/$member"
mkdir -p "${lib%/*}"
mv -f "$tmp/package/bin/napi-v6/$member" "$lib" || die "cannot move the library to $lib"
echo "$lib"
