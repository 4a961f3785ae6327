package external

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/testbed/testbed/selector"
)

var labels = []string{"large@edge", "small@edge", "small@edge→large@cloud"}

// decided is what text says as the answer to select.
func decided(text string) (selector.Decision, error) {
	a, err := decode([]byte(text))
	if err != nil {
		return selector.Decision{}, err
	}
	return a.decision(labels)
}

func TestAnswers(t *testing.T) {
	for text, want := range map[string]selector.Decision{
		`{"choice":0}`: {Reason: "it does not say why large@edge"},
		`{"choice":"small@edge→large@cloud","reason":" a\nb "}`:       {Choice: 2, Reason: "a b"},
		`{"id":7,"choice":1,"reason":"r","candidates":[],"model":{}}`: {Choice: 1, Reason: "r"},
		// 1.6 ns is 2, 5e8 and 2 ns together are the total; a total that is given stays.
		`{"choice":1,"reason":"r","candidates":[{"option":"small@edge","predicted":{"infer_ns":5e8,"fetch_ns":1.6,"other":1}},
		  {"option":0,"total_ns":3,"bound_ns":9,"excluded":"too\nslow"}]}`: {Choice: 1, Reason: "r", Candidates: []selector.Candidate{
			{Option: "large@edge", Total: 3, Bound: 9, Excluded: "too slow"},
			{Option: "small@edge", Predicted: selector.Phases{Infer: 500 * time.Millisecond, Fetch: 2}, Total: 500_000_002},
			{Option: "small@edge→large@cloud", Excluded: "not predicted"},
		}},
	} {
		got, err := decided(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestPhaseNames(t *testing.T) {
	named := map[string]nanoseconds{}
	want := time.Duration(0)
	for i, name := range selector.PhaseNames {
		named[name+"_ns"] = 1 << i
		want += 1 << i
	}
	p := phases(named)
	for i, name := range selector.PhaseNames {
		if p.Named(name) != 1<<i || p.Total() != want {
			t.Errorf("%s is %v, all are %v", name, p.Named(name), p.Total())
		}
	}
}

func TestNonsense(t *testing.T) {
	for text, want := range map[string]string{
		``:                               `answers "": want a JSON object`,
		`null`:                           `answers "null": want a JSON object`,
		`{"choice":1} {"choice":1}`:      `answers "{\"choice\":1} {\"choice\":1}": want a JSON object`,
		`{"choice":NaN}`:                 `answers "{\"choice\":NaN}": want a JSON object`,
		`{"choice":null}`:                `chooses no option`,
		`{"choice":true}`:                `answers "{\"choice\":true}": option "true": want its index or its label`,
		`{"choice":1e99}`:                `answers "{\"choice\":1e99}": option "1e99": want its index or its label`,
		`{"choice":3}`:                   `chooses option 3: want 0 to 2`,
		`{"choice":"Large@edge"}`:        `chooses option "Large@edge": want one of large@edge, small@edge, small@edge→large@cloud`,
		`{"id":"7","choice":1}`:          `answers "{\"id\":\"7\",\"choice\":1}": key "id": string is not what is wanted`,
		`{"choice":1,"candidates":[{}]}`: `candidate 0: no option`,
		`{"choice":1,"candidates":[{"option":3}]}`:                 `candidate 0: option 3: want 0 to 2`,
		`{"choice":1,"candidates":[{"option":1},{"option":1}]}`:    `candidate 1: small@edge a second time`,
		`{"choice":1,"candidates":[{"option":0}]}`:                 `chooses small@edge, which is not among its candidates`,
		`{"choice":1,"candidates":[{"option":1,"total_ns":-1}]}`:   `answers "{\"choice\":1,\"candidates\":[{\"option\":1,\"total_ns\":-1}]}": time "-1": want 0 to 31536000000000000 ns`,
		`{"choice":1,"candidates":[{"option":1,"total_ns":4e16}]}`: `answers "{\"choice\":1,\"candidates\":[{\"option\":1,\"total_ns\":4e16}]}": time "4e16": want 0 to 31536000000000000 ns`,
	} {
		if _, err := decided(text); err == nil || err.Error() != want {
			t.Errorf("%s: error %v\n want %s", text, err, want)
		}
	}
}

// TestShort: words of a program are cut by characters.
func TestShort(t *testing.T) {
	if got := short("aé\xff…", 2); got != "aé…" {
		t.Errorf("%q", got)
	}
	if got := short("aé", 2); got != "aé" {
		t.Errorf("%q", got)
	}
}

// TestLines: lines are read whole however they come, and one that is too long is
// known and skipped.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	var got []string
	readLines(strings.NewReader("a\n\nb\r\n"+long+"\n"+long[:100_000]+"\nlast"), 100_000, func(l line) bool {
		text := string(l.text)
		if l.err != nil {
			text = "too long"
		}
		got = append(got, text[:min(len(text), 10)])
		return true
	})
	if diff := cmp.Diff([]string{"a", "", "b\r", "too long", "xxxxxxxxxx", "last"}, got); diff != "" {
		t.Error(diff)
	}
}

// FuzzAnswer: whatever a program says is a decision that can be recorded, or an
// error of one line.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{`{"choice":1}`, `{"choice":"small@edge","reason":"r","candidates":[{"option":1,"predicted":{"infer_ns":5e6},"total_ns":1e16,"bound_ns":7}]}`,
		`{"id":18446744073709551615,"error":"\u001b[2J"}`, `[{"choice":null}]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := decided(text)
		if err != nil {
			if line := oneLine(err.Error()); strings.ContainsAny(line, "\n\r\x1b") || utf8.RuneCountInString(line) > 201 || line == "" {
				t.Errorf("error %q", line)
			}
			return
		}
		if d.Choice < 0 || d.Choice >= len(labels) || d.Reason == "" || strings.ContainsAny(d.Reason, "\n\x1b") || len(d.Candidates) != 0 && len(d.Candidates) != len(labels) {
			t.Errorf("%+v", d)
		}
		for i, c := range d.Candidates {
			if c.Option != labels[i] || c.Total < 0 || c.Bound < 0 || c.Predicted.Total() < 0 {
				t.Errorf("%+v", c)
			}
		}
		if _, err := json.Marshal(d); err != nil {
			t.Error(err)
		}
	})
}
