//go:build linux

package netns

import (
	"net"
	"net/rpc"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/trace"
)

// An echo answers with what it was asked, as the router would get it.
type echo struct{}

func (echo) Link(ask LinkArgs, answer *LinkArgs) error    { *answer = ask; return nil }
func (echo) Setup(ask SetupArgs, answer *SetupArgs) error { *answer = ask; return nil }
func (echo) Status(ask Status, answer *Status) error      { *answer = ask; return nil }

// TestWireKeepsEveryField sends values of which every field is set, and looks
// for one that did not arrive.
func TestWireKeepsEveryField(t *testing.T) {
	calls := connected(t)
	for _, tt := range []struct {
		method      string
		ask, answer any
	}{
		{"Echo.Link", new(LinkArgs), new(LinkArgs)},
		{"Echo.Setup", new(SetupArgs), new(SetupArgs)},
		{"Echo.Status", new(Status), new(Status)},
	} {
		next := 1
		fill(t, reflect.ValueOf(tt.ask).Elem(), &next)
		if err := calls.Call(tt.method, tt.ask, tt.answer); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.ask, tt.answer); diff != "" {
			t.Errorf("%s (-sent +got):\n%s", tt.method, diff)
		}
	}
}

// TestWireKeepsNothing: what is not set does not arrive as something that is,
// nor the other way round.
func TestWireKeepsNothing(t *testing.T) {
	calls := connected(t)
	for _, tt := range []struct {
		name string
		sent emulator.Link
		want emulator.Link
	}{
		{"a perfect link", emulator.Link{}, emulator.Link{}},
		{"no outages", emulator.Link{Outages: []emulator.Outage{}}, emulator.Link{}},
		{"an outage from the start", emulator.Link{Outages: []emulator.Outage{{}, {To: 1}}}, emulator.Link{Outages: []emulator.Outage{{}, {To: 1}}}},
		{"CoDel of zeros is there", emulator.Link{CoDel: &emulator.CoDel{}}, emulator.Link{CoDel: &emulator.CoDel{}}},
		{"a series of zeros too", emulator.Link{Rates: zeros()}, emulator.Link{Rates: zeros()}},
	} {
		var got LinkArgs
		if err := calls.Call("Echo.Link", LinkArgs{Down: tt.sent}, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(LinkArgs{Down: tt.want}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func zeros() *trace.Series { return &trace.Series{Value: []float64{0, 0}} }

// connected returns a client of an echo.
func connected(t *testing.T) *rpc.Client {
	t.Helper()
	server := rpc.NewServer()
	if err := server.RegisterName("Echo", echo{}); err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	go server.ServeConn(theirs)
	calls := rpc.NewClient(ours)
	t.Cleanup(func() {
		if err := calls.Close(); err != nil {
			t.Error(err)
		}
	})
	return calls
}

// fill sets every field of v, each to another value.
func fill(t *testing.T, v reflect.Value, next *int) {
	t.Helper()
	n := *next
	*next++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(n))
	case reflect.Uint64:
		v.SetUint(uint64(n))
	case reflect.Float64:
		v.SetFloat(float64(n) / 8)
	case reflect.String:
		v.SetString("text " + string(rune('A'+n)))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), next)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(t, v.Index(i), next)
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key, next)
		fill(t, value, next)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				t.Fatalf("%v.%s is not exported: it does not cross the wire", v.Type(), v.Type().Field(i).Name)
			}
			fill(t, v.Field(i), next)
		}
	default:
		t.Fatalf("%v: a kind that this test does not know", v.Type())
	}
}
