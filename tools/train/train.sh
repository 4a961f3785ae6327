#!/bin/sh
# Makes the embedded models again: renders the signs, trains the family, and
# lays the ONNX files and models.json into inference/model/zoo. Needs
# python3-torch and python3-onnx (Debian), and about two hours on two cores.
set -eu
cd "$(dirname "$0")/../.."
work=${WORK:-/tmp/testbed-train}
out=inference/model/zoo
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$work" "$out"
go run ./tools/train/render -split train -n 300000 -o "$work/train.bin"
go run ./tools/train/render -split test -n 8000 -o "$work/test.bin"
train() { "$python" tools/train/train.py "$1" --minutes "$2" --images 600000 --train "$work/train.bin" --test "$work/test.bin" --out "$work/out"; }
train signs-resnet8 5
train signs-resnet14 10
train signs-resnet20 16
train signs-resnet32 24
train signs-resnet44 40
cp "$work"/out/*.onnx "$out"
"$python" tools/train/manifest.py "$work/out" > "$out/models.json"
