package scenarios

import (
	"os"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
)

// TestTableInTheComment holds the table of keys in the package comment to the
// one that files are read by.
func TestTableInTheComment(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := table(); !strings.Contains(string(source), want) {
		t.Errorf("doc.go does not have the table of keys, which is now\n%s", want)
	}
}

// asOthers are mappings whose keys are those of another, as their comments say.
var asOthers = []string{"links.*.up.", "delay_trace.", "loss_trace.", "background.*.cpu.trace.", "background.*.memory.",
	"background.*.gpu.", "background.*.down.level", "background.*.down.trace", "background.*.down.ramp", "background.*.down.timeline",
	"background.*.up.", "judge.selectors[]."}

// table is the keys as comment lines, without those that are as others.
func table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		if slices.ContainsFunc(asOthers, func(other string) bool { return strings.Contains(f.path, other) }) {
			continue
		}
		def := f.def
		if def == "" {
			def = "-"
		}
		w.Write([]byte(strings.Join([]string{"//\u00a7" + f.path, def, f.doc}, "\t") + "\n"))
	}
	w.Flush()
	return strings.ReplaceAll(b.String(), "//\u00a7", "//\t")
}
