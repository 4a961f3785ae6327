#!/bin/sh
# Prints the path of the browser in which pages are tested, and installs
# Debian's chromium before that if there is none; this needs root and apt.
# Where these are missing it says so and does nothing: the tests that want a
# browser are then skipped, unless TESTBED_NEED names chromium.
set -eu

for name in chromium chromium-browser google-chrome google-chrome-stable headless-shell; do
	if command -v "$name"; then
		exit 0
	fi
done

skip() {
	echo "get-chromium: $*: tests of pages are skipped" >&2
	exit 0
}

command -v apt-get >/dev/null || skip "no chromium, and no apt-get to install it"
[ "$(id -u)" = 0 ] || skip "no chromium, and only root may install it (apt-get install chromium)"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "get-chromium: installing chromium" >&2
export DEBIAN_FRONTEND=noninteractive
install() { apt-get install -y --no-install-recommends chromium >"$log" 2>&1; }
# A machine that was just made has no lists of packages, or old ones.
install || { apt-get update >/dev/null 2>&1 && install; } ||
	skip "apt-get install chromium did not work: $(grep '^E:' "$log" | head -n 1)"
command -v chromium
