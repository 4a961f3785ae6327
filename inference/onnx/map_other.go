//go:build !unix

package onnx

type mapping []byte

func mapFile(string) (mapping, error) { return nil, errNoCgo }
func (mapping) unmap() error          { return nil }
