package record

import (
	"cmp"
	"net/url"
	"path/filepath"
	"strings"
	"time"
)

// An object is an entity of JSON-LD.
type object = map[string]any

func ref(id string) object { return object{"@id": id} }

// crate is the RO-Crate 1.1 metadata of the directory: a flat graph in which
// every file is an entity and part of the root.
func crate(h Header, files []string) any {
	var parts, results []object
	for _, f := range files {
		parts = append(parts, ref(address(f)))
		if f != ScenarioFile {
			results = append(results, ref(address(f)))
		}
	}
	name := "testbed run " + h.Name
	root := object{"@id": "./", "@type": "Dataset", "name": name, "description": cmp.Or(h.Title, h.Description, name),
		"datePublished": date(h.Started), "hasPart": parts, "mentions": ref("#run"), "license": ref("#license")}
	run := object{"@id": "#run", "@type": "CreateAction", "name": cmp.Or(strings.Join(h.Command, " "), name), "instrument": ref("#testbed"),
		"object": ref(ScenarioFile), "result": results, "startTime": date(h.Started)}
	if !h.Finished.IsZero() {
		run["endTime"] = date(h.Finished)
	}
	graph := []object{
		{"@id": CrateFile, "@type": "CreativeWork", "about": ref("./"), "conformsTo": ref("https://w3id.org/ro/crate/1.1")},
		root,
		{"@id": "#license", "@type": "CreativeWork", "name": "No license is stated", "description": "These are measurements of whoever ran them."},
		{"@id": "#testbed", "@type": "SoftwareApplication", "name": "testbed", "version": h.Testbed},
		run,
	}
	for _, f := range files {
		file := object{"@id": address(f), "@type": "File", "name": f, "encodingFormat": mediaType(f)}
		if what, ok := contents[f]; ok {
			file["description"] = what
		}
		graph = append(graph, file)
	}
	return object{"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}
}

// address is the name of a file as the path of a URI.
func address(name string) string { return (&url.URL{Path: name}).String() }

func date(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// contents says what is in the files that every run has.
var contents = map[string]string{
	ScenarioFile:       "The scenario as it was given",
	HeaderFile:         "What was run, on what, and how it ended: the scenario with its defaults, seeds, versions, hashes, host and nodes",
	RequestsFile:       "A line for each request: what was chosen, when it was sent and answered, each phase, bytes, and the answer",
	DecisionsFile:      "A line for each decision: what was observed, every candidate with what was foretold of it, and the choice",
	TelemetryFile:      "A line for each node and second: what links and processors were asked for and did",
	ChecksFile:         "A line for each node and trial: what was asked of the network and what probes measured",
	ReplaysFile:        "A line for each instant at which every option was tried",
	"requests.parquet": "The requests as a table of typed columns, with the unit of each in its name",
	"summary.csv":      "The numbers of each arm in each condition as a table, with the unit of each in its name",
	"summary.json":     "All numbers with their intervals, the warnings and the verdict",
	"report.html":      "The report for people, with its figures in it",
	"report.md":        "The same for a repository, with the figures in plots",
}

// mediaType is fixed here, not asked of the host, whose tables differ.
func mediaType(name string) string {
	switch filepath.Ext(name) {
	case ".json":
		return "application/json"
	case ".jsonl":
		return "application/jsonl"
	case ".parquet":
		return "application/vnd.apache.parquet"
	case ".yaml":
		return "application/yaml"
	case ".md":
		return "text/markdown"
	case ".csv":
		return "text/csv"
	case ".html":
		return "text/html"
	case ".pdf":
		return "application/pdf"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return "application/octet-stream"
}
