package selector_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/testbed/testbed/selector"
)

// TestPhases: what goes through all phases misses none and mixes none up.
func TestPhases(t *testing.T) {
	var p, q selector.Phases
	fields := reflect.ValueOf(&p).Elem()
	if fields.NumField() != len(selector.PhaseNames) {
		t.Fatalf("%d fields, %d names", fields.NumField(), len(selector.PhaseNames))
	}
	for i, name := range selector.PhaseNames {
		fields.Field(i).SetInt(1 << i)
		reflect.ValueOf(&q).Elem().Field(i).SetInt(100 << i)
		if got, want := fields.Type().Field(i).Tag.Get("json"), name+"_ns"; got != want {
			t.Errorf("phase %d is %s, want %s", i, got, want)
		}
	}
	sum := p.Plus(q)
	for i, name := range selector.PhaseNames {
		want := time.Duration(101 << i)
		if got := time.Duration(reflect.ValueOf(sum).Field(i).Int()); got != want || sum.List()[i] != want || sum.Named(name) != want {
			t.Errorf("%s: %d in the sum, %d in the list, %d by name, want %d", name, got, sum.List()[i], sum.Named(name), want)
		}
	}
	if sum.Total() != 101*127 {
		t.Errorf("in total %d", sum.Total())
	}
}
