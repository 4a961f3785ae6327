package onnx

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKeepSignals: a library that takes a signal away from Go, as CUDA's do, has
// it for as long as the call lasts.
func TestKeepSignals(t *testing.T) {
	const sig = int(unix.SIGUSR2)
	var before, during, after disposition
	read := func(d *disposition) {
		if err := sigaction(sig, nil, d); err != nil {
			t.Fatal(err)
		}
	}
	read(&before)
	sentinel := errors.New("no such provider")
	err := keepSignals(func() error {
		ignore := disposition{0: 1} // SIG_IGN, little end first
		if err := sigaction(sig, &ignore, nil); err != nil {
			t.Error(err)
		}
		read(&during)
		return sentinel
	})
	if read(&after); during == before || after != before {
		t.Errorf("the handler is %x before, %x during and %x after the call; want another only during it", before[:16], during[:16], after[:16])
	}
	if !errors.Is(err, sentinel) {
		t.Errorf("error %v; want the call's own", err)
	}
}
