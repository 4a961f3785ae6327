package external_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/testbed/testbed/selector"
	"github.com/testbed/testbed/selector/external"
)

// schemas are those of Schema, by the name of the definition.
func schemas(t *testing.T) func(name string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(external.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("selector.json", doc); err != nil {
		t.Fatal(err)
	}
	return func(name string) *jsonschema.Schema {
		s, err := c.Compile("selector.json#/$defs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// told are the messages of a trial in which a program is told all there is.
func told(t *testing.T, trial external.Trial, o selector.Observation, out selector.Outcome) []string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "told")
	p := started(t, external.Config{Timeout: 2 * time.Second}, "records", name)
	s, err := p.Trial(trial)
	if err != nil {
		t.Fatal(err)
	}
	s.Select(o, trial.Options)
	s.Learn(out)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// TestMessages: a program is told just this.
func TestMessages(t *testing.T) {
	const phases = `{"upload_ns":3,"queue_ns":0,"fetch_ns":0,"load_ns":0,"preprocess_ns":0,"infer_ns":5,"download_ns":0}`
	observed := selector.Phases{Upload: 3, Infer: 5}
	got := told(t, trialOf(), observation, selector.Outcome{Seq: 4, Option: options[1], Observed: observed,
		Parts: []selector.Part{{Option: options[1], Images: 1, Observed: observed, Unsure: true}}})
	want := []string{
		`{"type":"start","id":1,"selector":"mine","protocol":1,"timeout_ns":2000000000}`,
		// The seed is 2^60 + 7, of which the low 53 bits are told, and the floor is 0.9 - 0.1 - 10^-9.
		`{"type":"trial","id":2,"selector":"mine","condition":"5Mbps/busy","repetition":2,"seed":7,"budget":{"absolute":0.1,"relative":1},"floor":0.7999999990000001,"options":[` +
			`{"label":"large@edge","model":"large","node":"edge","accuracy":0.9,"size":1000000,"load_ns":1000000000,"preprocess_ns":0,"infer_ns":100000000},` +
			`{"label":"small@edge","model":"small","node":"edge","accuracy":0.8,"images":500,"size":100000,"load_ns":100000000,"preprocess_ns":0,"infer_ns":10000000}]}`,
		`{"type":"select","id":3,"selector":"mine","observation":{"seq":4,"now_ns":1000000000,"upload_bytes":20000,"download_bytes":1000,"devices":[` +
			`{"name":"edge","down_bps":5000000,"up_bps":0,"back_bps":0,"rtt_ns":20000000,"fetch_rtt_ns":0,"utilization":0.3,"busy":0,"pressure":0,"cores":2,` +
			`"memory_free_bytes":0,"loaded":["small"],"age_ns":{}}]}}`,
		`{"type":"learn","id":3,"selector":"mine","seq":4,"choice":1,"option":"small@edge","mine":true,"failed":false,"total_ns":8,"observed":` + phases +
			`,"parts":[{"option":"small@edge","images":1,"observed":` + phases + `,"unsure":true}]}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestSchema: the schema knows every key of every message, and those of answers
// that there are.
func TestSchema(t *testing.T) {
	schema := schemas(t)
	trial := trialOf()
	trial.Fallback.Curves = map[string]selector.Curve{"edge": {{Utilization: 0.5, Slowdown: 1.5}}}
	second := options[0]
	trial.Options = append(trial.Options, selector.Option{Model: "small", Node: "edge", Accuracy: 0.85, Placement: selector.Cascade,
		Second: &second, Threshold: 0.7, Unsure: 0.2, Share: 0.5})
	o := observation
	o.Batch, o.Devices = 2, slices.Clone(o.Devices)
	d := &o.Devices[0]
	d.GPU, d.TemperatureC, d.FrequencyMHz, d.Held = &selector.GPU{Utilization: 0.5, MemoryFree: 1}, 40, 1500, []string{"large"}
	d.Ages = selector.Ages{Down: 1, Up: 1, RTT: 1, Utilization: 1, Machine: 1, Residency: 1}
	out := selector.Outcome{Option: options[1], Parts: []selector.Part{{Option: options[1]}}}
	for i, text := range told(t, trial, o, out) {
		kind := []string{"start", "trial", "select", "learn"}[i]
		if err := validate(t, schema(kind), text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for kind, text := range map[string]string{
		"ready":  `{"id":1}`,
		"choice": `{"id":1,"choice":"a@b","reason":"r","candidates":[{"option":1,"predicted":{"infer_ns":1.5},"total_ns":2,"bound_ns":3,"excluded":"e"}],"more":1}`,
	} {
		if err := validate(t, schema(kind), text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{`{"id":1}`, `{"choice":0.5}`, `{"choice":-1}`, `{"choice":1,"candidates":[{}]}`, `{"choice":1,"candidates":[{"option":1,"total_ns":-1}]}`} {
		if validate(t, schema("choice"), text) == nil {
			t.Errorf("%s is in order", text)
		}
	}
}

func validate(t *testing.T, s *jsonschema.Schema, text string) error {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// TestFallbackIsChecked: the fallback's mistakes are those of the trial.
func TestFallbackIsChecked(t *testing.T) {
	p := started(t, external.Config{}, "good")
	trial := trialOf()
	trial.Fallback = selector.Config{Policy: "static", Option: "none"}
	if _, err := p.Trial(trial); err == nil || !strings.Contains(err.Error(), `selector "mine": option "none"`) {
		t.Errorf("error %v", err)
	}
}
