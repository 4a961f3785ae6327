package scenarios

import (
	"os"
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

// table is the keys as comment lines; up, which is like down, is left out, and
// so are the keys of delay_trace and loss_trace, which are those of trace.
func table() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, f := range fields {
		if strings.HasPrefix(f.path, "links.*.up.") || strings.Contains(f.path, "delay_trace.") || strings.Contains(f.path, "loss_trace.") {
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
