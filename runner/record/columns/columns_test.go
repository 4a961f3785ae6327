package columns

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// write writes the requests as a table and returns where.
func write(t *testing.T, h record.Header, requests []record.Request) string {
	t.Helper()
	dir := t.TempDir()
	table, err := Create(dir, h)
	if err != nil {
		t.Fatal(err)
	}
	run := record.Run{Requests: requests}
	all := table.Through(run.Lines().Requests)
	for range 2 { // the second time counts nothing
		n := 0
		for range all {
			n++
		}
		if n != len(requests) {
			t.Fatalf("%d of %d requests were let through", n, len(requests))
		}
	}
	if err := table.Close(); err != nil {
		t.Fatal(err)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(names) != 1 || filepath.Base(names[0]) != File {
		t.Fatalf("there are %v (%v), want %s alone", names, err, File)
	}
	return filepath.Join(dir, File)
}

// read reads a table back: the names of its columns, and rows by name. A null is
// left out.
func read(t *testing.T, path string) (names []string, rows []map[string]any, groups int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range f.Schema().Columns() {
		names = append(names, c[0])
	}
	for _, g := range f.RowGroups() {
		r := g.Rows()
		defer r.Close()
		buffer := make([]parquet.Row, 500)
		for {
			n, err := r.ReadRows(buffer)
			for _, row := range buffer[:n] {
				of := map[string]any{}
				for _, v := range row {
					if !v.IsNull() {
						of[names[v.Column()]] = plain(v)
					}
				}
				rows = append(rows, of)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	return names, rows, len(f.RowGroups())
}

func plain(v parquet.Value) any {
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return int(v.Int32())
	case parquet.Int64:
		return int(v.Int64())
	case parquet.Double:
		return v.Double()
	}
	return v.String()
}

// swept is a run of two conditions, of which one axis has the name of a column.
var swept = record.Header{
	Name: "swept", Testbed: "v1",
	Axes: []record.Axis{{Name: "rate", Values: []string{"2Mbps", "9Mbps"}}, {Name: "Model", Values: []string{"r"}}},
	Conditions: []record.Condition{
		{ID: "2Mbps/r", Names: map[string]string{"rate": "2Mbps", "Model": "r"}},
		{ID: "9Mbps/r", Names: map[string]string{"rate": "9Mbps", "Model": "r"}},
	},
}

// TestColumns: every quantity of a request is in its column, what is not there
// is null, and a batch is counted.
func TestColumns(t *testing.T) {
	phases := selector.Phases{Upload: 1, Queue: 2, Fetch: 3, Load: 4, Preprocess: 5, Infer: 6, Download: 7}
	names, rows, _ := read(t, write(t, swept, []record.Request{
		{Condition: "9Mbps/r", Arm: "greedy", Repetition: 1, Pair: -1, Warmup: true, First: true, Sample: "a/1", Option: "big@edge", Model: "big", Node: "edge",
			Due: 10, Sent: 11, Done: 39, Phases: phases, Measured: 25, Up: 100, Down: 20, Got: 3000, Label: 3, Prediction: 3, Confidence: 0.5, Wasted: 8,
			By: "edge", Parts: make([]record.Part, 2)},
		{Condition: "2Mbps/r", Arm: "advanced", Error: "cut off", Label: 3, Prediction: -1},
		{Condition: "2Mbps/r", Arm: "advanced", Label: 1, Prediction: 1, Batch: []record.Answer{{Label: 1, Prediction: 1}, {Label: 2, Prediction: 0}, {Label: 4, Prediction: 4}}},
		{Condition: "elsewhere", Arm: "advanced", Label: 1, Prediction: 0},
	}))
	want := []string{"condition", "rate", "axis_Model", "arm", "repetition", "pair", "warmup", "first", "sample", "option", "model", "node", "answered_by", "parts",
		"due_ns", "sent_ns", "done_ns", "measured_ns", "upload_ns", "queue_ns", "fetch_ns", "load_ns", "preprocess_ns", "infer_ns", "download_ns", "wasted_ns",
		"up_bytes", "down_bytes", "fetch_bytes", "label", "prediction", "images", "images_right", "confidence", "error"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	// base is what a request has that says nothing.
	base := func(with map[string]any) map[string]any {
		out := map[string]any{"repetition": 0, "pair": 0, "warmup": false, "first": false, "parts": 0, "wasted_ns": 0, "label": 0, "images": 1}
		for _, name := range want {
			if name[max(0, len(name)-3):] == "_ns" || name[max(0, len(name)-6):] == "_bytes" {
				out[name] = 0
			}
		}
		for k, v := range with {
			out[k] = v
		}
		return out
	}
	if diff := cmp.Diff([]map[string]any{
		{"condition": "9Mbps/r", "rate": "9Mbps", "axis_Model": "r", "arm": "greedy", "repetition": 1, "pair": -1, "warmup": true, "first": true, "sample": "a/1",
			"option": "big@edge", "model": "big", "node": "edge", "answered_by": "edge", "parts": 2, "due_ns": 10, "sent_ns": 11, "done_ns": 39, "measured_ns": 25,
			"upload_ns": 1, "queue_ns": 2, "fetch_ns": 3, "load_ns": 4, "preprocess_ns": 5, "infer_ns": 6, "download_ns": 7, "wasted_ns": 8,
			"up_bytes": 100, "down_bytes": 20, "fetch_bytes": 3000, "label": 3, "prediction": 3, "images": 1, "images_right": 1, "confidence": 0.5},
		base(map[string]any{"condition": "2Mbps/r", "rate": "2Mbps", "axis_Model": "r", "arm": "advanced", "error": "cut off", "label": 3, "images": 0}),
		base(map[string]any{"condition": "2Mbps/r", "rate": "2Mbps", "axis_Model": "r", "arm": "advanced", "label": 1, "prediction": 1, "images": 3, "images_right": 2}),
		base(map[string]any{"condition": "elsewhere", "arm": "advanced", "label": 1, "prediction": 0, "images_right": 0}),
	}, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestUnscored: where answers mean nothing none is right or wrong.
func TestUnscored(t *testing.T) {
	_, rows, _ := read(t, write(t, record.Header{Unscored: "random weights"}, []record.Request{{Label: 1, Prediction: 1}}))
	if right, ok := rows[0]["images_right"]; ok || rows[0]["prediction"] != 1 {
		t.Errorf("images_right is %v, want null, with prediction %v", right, rows[0]["prediction"])
	}
}

// TestRowGroups: rows stay in order over the borders of chunks and row groups,
// however many there are.
func TestRowGroups(t *testing.T) {
	for _, n := range []int{0, 1, chunkRows - 1, chunkRows, chunkRows + 1, groupRows, groupRows + chunkRows + 1} {
		_, rows, groups := read(t, write(t, record.Header{}, many(n)))
		if want := (n + groupRows - 1) / groupRows; groups != want {
			t.Errorf("%d rows are in %d row groups, want %d", n, groups, want)
		}
		if len(rows) != n {
			t.Fatalf("%d rows, want %d", len(rows), n)
		}
		for i, row := range rows {
			if row["pair"] != i || row["sample"] != fmt.Sprintf("image/%07d", i) || row["measured_ns"] != i*1000 {
				t.Fatalf("of %d rows the one at %d is %v", n, i, row)
			}
		}
	}
}

// many are so many requests, of more images than a dictionary holds.
func many(n int) (out []record.Request) {
	for i := range n {
		out = append(out, record.Request{Pair: i, Sample: fmt.Sprintf("image/%07d", i), Measured: time.Duration(i) * time.Microsecond})
	}
	return out
}

// TestSameBytes: the same requests give the same bytes.
func TestSameBytes(t *testing.T) {
	var all [][]byte
	for range 3 {
		b, err := os.ReadFile(write(t, swept, many(groupRows+5)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	if !slices.Equal(all[0], all[1]) || !slices.Equal(all[0], all[2]) {
		t.Error("other bytes the second or third time")
	}
}

// TestNotWhole: a table that could not be written leaves the one before as it
// was, and nothing beside it.
func TestNotWhole(t *testing.T) {
	path := write(t, swept, many(3))
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := Create(filepath.Dir(path), swept)
	if err != nil {
		t.Fatal(err)
	}
	table.file.Close() // as on a full disk, no write succeeds
	run := record.Run{Requests: many(groupRows + 2*chunkRows)}
	for range table.Through(run.Lines().Requests) {
	}
	if err := table.Close(); err == nil {
		t.Error("no error")
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the table before was changed (%v)", err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v (%v)", entries, err)
	}
	if _, err := Create(filepath.Join(t.TempDir(), "gone"), swept); err == nil {
		t.Error("a folder that is not there: no error")
	}
}
