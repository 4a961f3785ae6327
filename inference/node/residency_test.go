package node

import (
	"errors"
	"testing"

	"github.com/testbed/testbed/emulator/needs"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/onnx"
)

// TestSessionsAreClosedWithTheirLastArm: two arms share what Prepare opens;
// what no arm holds is closed, and what one does is not.
func TestSessionsAreClosedWithTheirLastArm(t *testing.T) {
	lib := needs.ONNX(t, onnx.Find)
	m := model.Builtin()[0]
	n, err := newInference(Config{Name: "edge", Library: lib, Models: []model.Model{m}}, sockets{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	prepare := func(arm string, models ...string) *onnx.Session {
		t.Helper()
		if err := n.prepare(t.Context(), PrepareArgs{Arm: arm, Models: models}); err != nil {
			t.Fatal(err)
		}
		if e := n.arms[arm][m.SHA256]; e != nil {
			return e.session.Session
		}
		return nil
	}
	open := func(s *onnx.Session) bool {
		_, err := s.Run(make([]float32, 3*32*32))
		return !errors.Is(err, onnx.ErrClosed)
	}
	a, b := prepare("a", m.Name), prepare("b", m.Name)
	if a != b {
		t.Error("two arms have a session each of the same model")
	}
	if again := prepare("a", m.Name); again != a {
		t.Error("to prepare what is there opened it again")
	}
	if prepare("a"); !open(b) {
		t.Error("b's session was closed with a's")
	}
	if prepare("b"); open(b) {
		t.Error("the session is open, though no arm holds it")
	}
	before := n.opened.Load()
	if prepare("d", m.Name, m.Name); n.opened.Load() != before+1 {
		t.Errorf("%d sessions for a model that was named twice, want 1", n.opened.Load()-before)
	}
	prepare("d")
	last := prepare("c", m.Name)
	if err := n.close(); err != nil || open(last) {
		t.Errorf("close: %v; open: %v", err, open(last))
	}
}
