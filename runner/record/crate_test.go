package record_test

import (
	"encoding/json"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/runner/record"
)

// sealedRun is a sealed directory with files of odd names beside those of a run
// of which little is known.
func sealedRun(t *testing.T, h record.Header) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := record.Create(dir, h, []byte("seed: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	must(t, w.Close(), os.Mkdir(filepath.Join(dir, "plots"), 0o755))
	for _, name := range []string{"plots/a b#1?.svg", "plots/50%.pdf", "ö: notes.txt", "requests.parquet", "summary.csv"} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644))
	}
	must(t, record.Seal(dir, w.Header()))
	return dir
}

// TestCrate holds the metadata to what RO-Crate 1.1 says that it must be.
func TestCrate(t *testing.T) {
	for name, h := range map[string]record.Header{
		"bare":  {},
		"whole": {Name: "lowbw", Title: "A slow link", Testbed: "v1", Command: []string{"testbed", "run"}, Started: time.Unix(1700000000, 0), Finished: time.Unix(1700000100, 0)},
	} {
		t.Run(name, func(t *testing.T) { checkCrate(t, sealedRun(t, h)) })
	}
}

func checkCrate(t *testing.T, dir string) {
	b, err := os.ReadFile(filepath.Join(dir, record.CrateFile))
	var crate struct {
		Context string           `json:"@context"`
		Graph   []map[string]any `json:"@graph"`
	}
	must(t, err, json.Unmarshal(b, &crate))
	if crate.Context != "https://w3id.org/ro/crate/1.1/context" {
		t.Errorf("@context %q", crate.Context)
	}
	entities := map[string]map[string]any{}
	for _, e := range crate.Graph {
		id, _ := e["@id"].(string)
		kind, _ := e["@type"].(string)
		if id == "" || kind == "" || entities[id] != nil {
			t.Errorf("an entity without @id or @type, or with that of another: %v", e)
		}
		entities[id] = e
	}
	text := func(e map[string]any, key string) string { s, _ := e[key].(string); return strings.TrimSpace(s) }
	for _, e := range crate.Graph {
		for key, v := range e {
			for _, to := range refs(t, v) {
				if entities[to] == nil && !strings.HasPrefix(to, "https://w3id.org/ro/crate/") {
					t.Errorf("%s of %s refers to %q, which is not in the graph", key, e["@id"], to)
				}
			}
			if at, ok := strings.CutSuffix(key, "Time"); (ok && at != "") || key == "datePublished" {
				if _, err := time.Parse(time.RFC3339, text(e, key)); err != nil {
					t.Errorf("%s: %v", key, err)
				}
			}
		}
		if text(e, "@type") != "Dataset" && text(e, "@id") != record.CrateFile && text(e, "name") == "" {
			t.Errorf("%s has no name", e["@id"])
		}
	}
	if d := entities[record.CrateFile]; text(d, "@type") != "CreativeWork" || refs(t, d["about"])[0] != "./" || refs(t, d["conformsTo"])[0] != "https://w3id.org/ro/crate/1.1" {
		t.Errorf("the descriptor is %v", d)
	}
	root := entities["./"]
	if text(root, "@type") != "Dataset" || text(root, "name") == "" || text(root, "description") == "" || text(root, "datePublished") == "" || len(refs(t, root["license"])) != 1 {
		t.Errorf("the root is %v", root)
	}
	run := entities["#run"]
	if got := append(refs(t, run["object"]), refs(t, run["instrument"])...); !slices.Equal(got, []string{record.ScenarioFile, "#testbed"}) || text(run, "@type") != "CreateAction" {
		t.Errorf("the run is %v", run)
	}
	if made := refs(t, run["result"]); slices.Contains(made, record.ScenarioFile) || !slices.Contains(made, "requests.parquet") {
		t.Errorf("the run made %v", made)
	}
	if text(entities["requests.parquet"], "description") == "" || text(entities["requests.parquet"], "encodingFormat") != "application/vnd.apache.parquet" {
		t.Errorf("the table is %v", entities["requests.parquet"])
	}
	checkFiles(t, dir, entities, refs(t, root["hasPart"]))
}

// checkFiles: every file is an entity of that type, by a relative URI, and part
// of the root, and nothing else is.
func checkFiles(t *testing.T, dir string, entities map[string]map[string]any, parts []string) {
	described := map[string]bool{}
	for _, id := range parts {
		u, err := url.Parse(id)
		if err != nil || u.IsAbs() || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(id, " ?#") {
			t.Errorf("%q is no path of a URI (%v)", id, err)
			continue
		}
		name := path.Clean(u.Path)
		if entities[id]["@type"] != "File" || described[name] {
			t.Errorf("%q: %v, twice: %t", id, entities[id], described[name])
		}
		described[name] = true
	}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if !d.IsDir() && name != record.CrateFile && name != record.SumsFile && !described[name] {
			t.Errorf("%s is not described", name)
		}
		delete(described, name)
		return err
	})
	must(t, err)
	if len(described) > 0 {
		t.Errorf("described, but not there: %v", described)
	}
}

// refs are the entities that a value refers to; the graph is flat, so that an
// object is nothing but a reference.
func refs(t *testing.T, v any) (out []string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			out = append(out, refs(t, x)...)
		}
	case map[string]any:
		id, _ := v["@id"].(string)
		if id == "" || len(v) != 1 {
			t.Errorf("the graph is not flat: %v", v)
		}
		out = append(out, id)
	}
	return out
}

// TestSums: sha256sum finds the files to be as the list says, and one that was
// changed not.
func TestSums(t *testing.T) {
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		t.Skip(err)
	}
	dir := sealedRun(t, record.Header{})
	check := func() (string, error) {
		c := exec.Command(program, "--check", "--strict", record.SumsFile)
		c.Dir = dir
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := check(); err != nil || strings.Count(out, ": OK\n") != strings.Count(out, "\n") || !strings.Contains(out, "plots/a b#1?.svg: OK") {
		t.Errorf("%v:\n%s", err, out)
	}
	must(t, os.WriteFile(filepath.Join(dir, "summary.csv"), []byte("other"), 0o644))
	if out, err := check(); err == nil || !strings.Contains(out, "summary.csv: FAILED") {
		t.Errorf("a changed file: %v:\n%s", err, out)
	}
}
