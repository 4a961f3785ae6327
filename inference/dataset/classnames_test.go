package dataset

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadClassNames(t *testing.T) {
	for _, tt := range []struct {
		file, text string
		want       []string
		err        string
	}{
		{"a.txt", "tench\ngoldfish\n", []string{"tench", "goldfish"}, ""},
		{"a.txt", "tench\r\ngoldfish", []string{"tench", "goldfish"}, ""},
		{"a.csv", "index,wnid,name\n0,n01440764,tench\n1,n01443537,\"goldfish, fish\"\n", []string{"tench", "goldfish, fish"}, ""},
		{"a.txt", "tench\n\ngoldfish\n", nil, "a.txt:2: an empty line"},
		{"a.txt", "", nil, "a.txt: "},
		{"a.csv", "1,n01440764,tench\n", nil, "a.csv:1: index"},
	} {
		path := filepath.Join(t.TempDir(), tt.file)
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := ReadClassNames(path)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q: %s", tt.text, diff)
		}
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: %v: want %q", tt.text, err, tt.err)
		}
	}
	if _, err := ReadClassNames(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there: no error")
	}
}
