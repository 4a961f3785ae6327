#!/bin/sh
# Makes the embedded models again: renders the signs, trains the family, and
# lays the ONNX files and models.json into inference/model/zoo. Needs
# python3-torch and python3-onnx (Debian), and about an hour on two cores.
#
# The schedule follows the clock (--minutes), so that a slow machine ends with
# a small learning rate too; what a network has seen, and so its accuracy,
# differs a little from machine to machine. The two largest are grown from the
# network before them, which saves most of their training.
set -eu
cd "$(dirname "$0")/../.."
work=${WORK:-/tmp/testbed-train}
out=inference/model/zoo
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$work" "$out"
go run ./tools/train/render -split train -n 300000 -o "$work/train.bin"
go run ./tools/train/render -split test -n 8000 -o "$work/test.bin"
train() {
	name=$1 minutes=$2
	shift 2
	"$python" tools/train/train.py "$name" --minutes "$minutes" --images 600000 --seed 1 \
		--train "$work/train.bin" --test "$work/test.bin" --out "$work/out" "$@"
}
train signs-resnet8 4
train signs-resnet14 10
train signs-resnet20 16
train signs-resnet32 11 --grow signs-resnet20 --lr 0.012
train signs-resnet44 20 --grow signs-resnet32 --lr 0.012
cp "$work"/out/*.onnx "$out"
"$python" tools/train/manifest.py "$work/out" > "$out/models.json"
