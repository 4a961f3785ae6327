package columns

import (
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// A column is its name, what it holds, and its value in a request. What is not
// there is null.
type column struct {
	name string
	node parquet.Node
	of   func(*record.Request) parquet.Value
}

// value is that of r, as the column's level says.
func (c column) value(r *record.Request) parquet.Value {
	v := c.of(r)
	if v.IsNull() || !c.node.Optional() {
		return v
	}
	return v.Level(0, 1, 0)
}

// columnsOf are those of a run, in their order. A quantity has its unit in its
// name; times count from the start of the run.
func columnsOf(h *record.Header) []column {
	out := []column{
		word("condition", func(r *record.Request) string { return r.Condition }),
		word("arm", func(r *record.Request) string { return r.Arm }),
		count("repetition", func(r *record.Request) int { return r.Repetition }),
		count("pair", func(r *record.Request) int { return r.Pair }),
		flag("warmup", func(r *record.Request) bool { return r.Warmup }),
		flag("first", func(r *record.Request) bool { return r.First }),
		text("sample", func(r *record.Request) string { return r.Sample }),
		text("option", func(r *record.Request) string { return r.Option }),
		text("model", func(r *record.Request) string { return r.Model }),
		text("node", func(r *record.Request) string { return r.Node }),
		text("answered_by", func(r *record.Request) string { return r.By }),
		count("parts", func(r *record.Request) int { return len(r.Parts) }),
		whole("due_ns", func(r *record.Request) time.Duration { return r.Due }),
		whole("sent_ns", func(r *record.Request) time.Duration { return r.Sent }),
		whole("done_ns", func(r *record.Request) time.Duration { return r.Done }),
		whole("measured_ns", func(r *record.Request) time.Duration { return r.Measured }),
	}
	for i, name := range selector.PhaseNames {
		out = append(out, whole(name+"_ns", func(r *record.Request) time.Duration { return r.Phases.List()[i] }))
	}
	out = append(out,
		whole("wasted_ns", func(r *record.Request) time.Duration { return r.Wasted }),
		whole("up_bytes", func(r *record.Request) int64 { return int64(r.Up) }),
		whole("down_bytes", func(r *record.Request) int64 { return int64(r.Down) }),
		whole("fetch_bytes", func(r *record.Request) int64 { return int64(r.Got) }),
		count("label", func(r *record.Request) int { return r.Label }),
		maybe("prediction", parquet.Int(32), func(r *record.Request) (parquet.Value, bool) {
			return parquet.Int32Value(int32(r.Prediction)), r.Prediction >= 0 && r.Error == ""
		}),
		count("images", answered),
		maybe("images_right", parquet.Int(32), func(r *record.Request) (parquet.Value, bool) {
			return parquet.Int32Value(int32(right(r))), h.Unscored == "" && r.Error == ""
		}),
		maybe("confidence", parquet.Leaf(parquet.DoubleType), func(r *record.Request) (parquet.Value, bool) {
			return parquet.DoubleValue(r.Confidence), r.Confidence > 0
		}),
		text("error", func(r *record.Request) string { return r.Error }),
	)
	return slices.Insert(out, 1, axes(h, out)...)
}

// axes are the values that a condition has in each dimension of the sweep.
func axes(h *record.Header, others []column) (out []column) {
	var taken []string
	for _, c := range others {
		taken = append(taken, c.name)
	}
	names := record.AxisColumns(h.Axes, taken)
	for i, axis := range h.Axes {
		of := map[string]string{}
		for _, c := range h.Conditions {
			of[c.ID] = c.Names[axis.Name]
		}
		out = append(out, text(names[i], func(r *record.Request) string { return of[r.Condition] }))
	}
	return out
}

// answered is how many images were.
func answered(r *record.Request) int {
	switch {
	case r.Error != "":
		return 0
	case len(r.Batch) > 0:
		return len(r.Batch)
	}
	return 1
}

// right is how many images were answered rightly.
func right(r *record.Request) (n int) {
	if len(r.Batch) == 0 && r.Prediction == r.Label {
		return 1
	}
	for _, a := range r.Batch {
		if a.Prediction == a.Label {
			n++
		}
	}
	return n
}

// maybe is a column that may be null: of says whether it is not.
func maybe(name string, node parquet.Node, of func(*record.Request) (parquet.Value, bool)) column {
	return column{name, parquet.Optional(node), func(r *record.Request) parquet.Value {
		v, ok := of(r)
		if !ok {
			return parquet.NullValue()
		}
		return v
	}}
}

// word is a column of few different texts.
func word(name string, of func(*record.Request) string) column {
	last, value := "", parquet.ByteArrayValue(nil) // which is mostly that of the next, too
	return column{name, parquet.Encoded(parquet.String(), &parquet.RLEDictionary), func(r *record.Request) parquet.Value {
		if s := of(r); s != last {
			last, value = s, parquet.ByteArrayValue([]byte(s))
		}
		return value
	}}
}

// text is word, but null where it is empty.
func text(name string, of func(*record.Request) string) column {
	w := word(name, of)
	return maybe(name, w.node, func(r *record.Request) (parquet.Value, bool) {
		v := w.of(r)
		return v, len(v.ByteArray()) > 0
	})
}

// count is one of small numbers.
func count(name string, of func(*record.Request) int) column {
	return column{name, parquet.Encoded(parquet.Int(32), &parquet.DeltaBinaryPacked), func(r *record.Request) parquet.Value { return parquet.Int32Value(int32(of(r))) }}
}

// whole is one of times or sizes.
func whole[T ~int64](name string, of func(*record.Request) T) column {
	return column{name, parquet.Encoded(parquet.Int(64), &parquet.DeltaBinaryPacked), func(r *record.Request) parquet.Value { return parquet.Int64Value(int64(of(r))) }}
}

func flag(name string, of func(*record.Request) bool) column {
	return column{name, parquet.Leaf(parquet.BooleanType), func(r *record.Request) parquet.Value { return parquet.BooleanValue(of(r)) }}
}

// An ordered group keeps its fields as they are; the library's own has them in
// order of name.
type ordered struct {
	parquet.Group
	columns []column
}

func schemaOf(columns []column) *parquet.Schema {
	g := ordered{parquet.Group{}, columns}
	for _, c := range columns {
		g.Group[c.name] = c.node
	}
	return parquet.NewSchema("request", g)
}

// Fields are in the order of columns.
func (g ordered) Fields() []parquet.Field {
	place := func(f parquet.Field) int {
		return slices.IndexFunc(g.columns, func(c column) bool { return c.name == f.Name() })
	}
	return slices.SortedFunc(slices.Values(g.Group.Fields()), func(a, b parquet.Field) int { return place(a) - place(b) })
}
