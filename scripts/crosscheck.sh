#!/bin/sh
# Runs a sweep over an emulated network, and again simulated from the profile of
# the same device; compares the two, and writes how alike they are into
# FIDELITY.md, between the lines <!-- crosscheck --> and <!-- /crosscheck -->.
#
#   scripts/crosscheck.sh [DIR]
#
# DIR (runs/crosscheck) gets device.yaml, the runs netns and sim, and compare with
# the whole comparison. A profile and a run over the network that are there are
# used again: a new simulation is compared with them in seconds. It takes about
# 25 minutes, in which other work on the machine shows.
#
# SCENARIO is another sweep, over models MODELS and background loads LOADS (in
# percent) of its node edge; PROFILE=--quick measures the device in less time;
# FIDELITY is another file to write to.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
dir=${1:-$root/runs/crosscheck}
scenario=${SCENARIO:-$root/scenarios/crosscheck.yaml}
models=${MODELS:-signs-resnet8 signs-resnet14 signs-resnet20 signs-resnet32 signs-resnet44}
loads=${LOADS:-0,50}
fidelity=${FIDELITY:-$root/FIDELITY.md}
testbed=$root/bin/testbed
begin='<!-- crosscheck -->'
end='<!-- /crosscheck -->'

die() {
	echo "crosscheck: $*" >&2
	exit 1
}

[ -x "$testbed" ] || die "no $testbed: make build"
[ -f "$fidelity" ] || die "no $fidelity to write to"
case $(grep -cxF "$begin" "$fidelity"),$(grep -cxF "$end" "$fidelity") in
0,0 | 1,1) ;;
*) die "$fidelity: want one line $begin and one line $end after it" ;;
esac
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# The node has one CPU, as in the scenario; it is measured with the loads that
# the sweep has.
[ -f "$dir/device.yaml" ] ||
	"$testbed" profile $models --cpus 1 --load "$loads" ${PROFILE:-} --out "$dir/device.yaml"

# Selectors go by the profile in both worlds: what differs is the worlds.
nodes="nodes=[{name: edge, device: '$dir/device.yaml', profile: '$dir/device.yaml'}]"
if [ ! -f "$dir/netns/run.json" ]; then
	"$testbed" run "$scenario" --world netns --set "$nodes" --out "$dir/netns"
elif ! grep -q '"status": "done"' "$dir/netns/run.json"; then
	"$testbed" run --resume "$dir/netns"
fi
rm -rf "$dir/sim"
"$testbed" run "$scenario" --world sim --set "$nodes" --out "$dir/sim"
"$testbed" compare "$dir/netns" "$dir/sim" --out "$dir/compare"

# What is said of how alike they are, without the tables of all conditions.
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
{
	echo "$begin"
	echo "A is the emulated network, B the simulation; by \`make crosscheck\` on ${cpu:-$(uname -m)}, $(nproc) CPUs, Linux $(uname -r)."
	echo
	awk '/^## Times/ { exit } /^## / { on = 1 } on' "$dir/compare/compare.md" | sed 's/^## /### /'
	echo "$end"
} >"$dir/table.md"
if grep -qxF "$begin" "$fidelity"; then
	awk -v begin="$begin" -v end="$end" -v table="$dir/table.md" '
		$0 == begin { while ((getline line < table) > 0) print line; skip = 1 }
		!skip
		$0 == end { skip = 0 }' "$fidelity" >"$dir/fidelity.md"
else
	{ cat "$fidelity" && printf '\n## Cross-check of the worlds\n\n' && cat "$dir/table.md"; } >"$dir/fidelity.md"
fi
cat "$dir/fidelity.md" >"$fidelity"
rm "$dir/fidelity.md"
echo "written: $fidelity"
