//go:build !linux

package onnx

// keepSignals calls f: CUDA, which takes signals away from Go, is not here.
func keepSignals(f func() error) error { return f() }
