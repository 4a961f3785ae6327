package scenarios_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/testbed/testbed/scenarios"
)

// TestSchema: the schema accepts what Read accepts, and refuses the mistakes
// that can be seen without knowing other keys.
func TestSchema(t *testing.T) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(scenarios.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("scenario.json")
	if err != nil {
		t.Fatal(err)
	}
	validate := func(text string) error {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return schema.Validate(v)
	}
	for _, text := range []string{good, simulated} {
		if err := validate(text); err != nil {
			t.Error(err)
		}
	}
	for _, down := range []string{everyBox, "{trace: {file: net.csv, column: down, wrap: stop, from: 1s, to: 2s, speed: 2x, scale: 0.5x, format: mahimahi}, queue: 9packets}"} {
		if err := validate("strict: yes\ndevice: tun\nrepository: {beside: edge}\nlinks:\n  edge/cloud:\n    down: " + down + "\n"); err != nil {
			t.Error(err)
		}
	}
	names, _ := fs.Glob(scenarios.Shipped(), "*.yaml")
	for _, name := range names {
		text, err := fs.ReadFile(scenarios.Shipped(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(string(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, tt := range []struct{ old, new string }{
		{"rate: 5Mbps", "rate: 5"},
		{"rate: 5Mbps", "rate: 5MBps"},
		{"delay: 10ms", "dealy: 10ms"},
		{"name: cloud", "cpus: 1"},
		{"engine: relay", "engine: rely"},
		{"budget: 10pp", "budget: 10"},
		{"[upload, infer]", "[upload, infr]"},
		{"- signs-resnet8", "- signs resnet8"},
		{"name: cloud", "name: cloud, protocol: grpc"},
		{"name: signs,", "name: cifar,"},
		{"saving: 25%", "saving: 0.25"},
	} {
		if err := validate(strings.Replace(good, tt.old, tt.new, 1)); err == nil {
			t.Errorf("%q: the schema accepts it", tt.new)
		}
	}
}
