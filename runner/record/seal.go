package record

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The files that Seal writes.
const (
	CrateFile = "ro-crate-metadata.json"
	SumsFile  = "SHA256SUMS"
)

// Seal describes a run directory as an RO-Crate 1.1 (a CreateAction with its
// instrument, object and result) and lists the SHA-256 of every file in it, in
// the format of sha256sum. The same directory gives the same bytes.
func Seal(dir string, h Header) error {
	files, err := list(dir)
	if err != nil {
		return err
	}
	crate, err := json.MarshalIndent(crate(h, files), "", " ")
	if err != nil {
		return err
	}
	if err := WriteFile(filepath.Join(dir, CrateFile), append(crate, '\n')); err != nil {
		return err
	}
	var sums strings.Builder
	for _, name := range append([]string{CrateFile}, files...) {
		sum, err := hash(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sum, name)
	}
	return WriteFile(filepath.Join(dir, SumsFile), []byte(sums.String()))
}

// list returns the files of a run directory, sorted, with slashes, without
// those that Seal writes.
func list(dir string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && name != CrateFile && name != SumsFile && !strings.HasPrefix(d.Name(), ".") {
			names = append(names, name)
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

func hash(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return sum.Sum(nil), err
}

// crate is the JSON-LD of the directory.
func crate(h Header, files []string) any {
	type object = map[string]any
	ref := func(id string) object { return object{"@id": id} }
	parts := make([]object, len(files))
	for i, f := range files {
		parts[i] = ref(f)
	}
	graph := []object{
		{"@id": CrateFile, "@type": "CreativeWork", "about": ref("./"), "conformsTo": ref("https://w3id.org/ro/crate/1.1")},
		{"@id": "./", "@type": "Dataset", "name": "testbed run " + h.Name, "description": h.Title,
			"datePublished": h.Started.UTC().Format(time.RFC3339), "hasPart": parts, "mentions": ref("#run"),
			"license": "Not stated: these are measurements of whoever ran them."},
		{"@id": "#testbed", "@type": "SoftwareApplication", "name": "testbed", "version": h.Testbed},
		{"@id": "#run", "@type": "CreateAction", "name": strings.Join(h.Command, " "), "instrument": ref("#testbed"),
			"object": ref(ScenarioFile), "result": parts,
			"startTime": h.Started.UTC().Format(time.RFC3339), "endTime": h.Finished.UTC().Format(time.RFC3339)},
	}
	for _, f := range files {
		graph = append(graph, object{"@id": f, "@type": "File", "name": f, "encodingFormat": mediaType(f)})
	}
	return object{"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
}

// mediaType is fixed here, not asked of the host, whose tables differ.
func mediaType(name string) string {
	switch filepath.Ext(name) {
	case ".json":
		return "application/json"
	case ".jsonl":
		return "application/jsonl"
	case ".yaml":
		return "application/yaml"
	case ".md":
		return "text/markdown"
	case ".csv":
		return "text/csv"
	case ".html":
		return "text/html"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return "application/octet-stream"
}
