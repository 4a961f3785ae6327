package stats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/testbed/testbed/runner/record"
)

// TestHand holds every number that is said of conditions, of the whole run and of
// requirements to testdata/hand, a small run of which hand.py derives them again
// with nothing but Python's standard library.
func TestHand(t *testing.T) {
	run, err := record.Read("testdata/hand")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Summarize(run).Encode(&b); err != nil {
		t.Fatal(err)
	}
	var got, want map[string]any
	text, err := os.ReadFile("testdata/hand/hand.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := errorOf(json.Unmarshal(b.Bytes(), &got), json.Unmarshal(text, &want)); err != nil {
		t.Fatal(err)
	}
	h := hand{t: t}
	h.compare("conditions", got["conditions"], want["conditions"])
	h.compare("overall", got["overall"], want["overall"])
	h.compare("requirements", got["verdict"].(map[string]any)["requirements"], want["requirements"])
	if h.numbers < 300 {
		t.Errorf("%d numbers compared, want hundreds", h.numbers)
	}
}

func errorOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// A hand compares two trees of JSON.
type hand struct {
	t       *testing.T
	numbers int
}

// notNumbers are what is said in words, or is no statistic.
var notNumbers = regexp.MustCompile(`\.(set|names|measure|warnings|reasons|regret|controls)$`)

// drawn are what a bootstrap gives, which does not draw the same in both: the
// bounds of savings, and the p values of these.
var drawn = regexp.MustCompile(`saving\.(low|high|.*\.low|.*\.high)$|requirements\[0\]\.(low|high|lower_one_sided|upper_one_sided)$|\.test\.p(_holm)?$`)

func (h *hand) compare(path string, got, want any) {
	if notNumbers.MatchString(path) {
		return
	}
	switch got := got.(type) {
	case map[string]any:
		wants, ok := want.(map[string]any)
		if !ok {
			h.t.Errorf("%s is not in hand.json", path)
			return
		}
		for _, key := range slices.Sorted(maps.Keys(got)) {
			value, there := wants[key]
			if _, text := got[key].(string); !there && !text && !notNumbers.MatchString("."+key) {
				h.t.Errorf("%s.%s is not in hand.json", path, key)
				continue
			}
			h.leaf(path+"."+key, got[key], value, wants)
		}
		for key := range wants {
			if _, there := got[key]; !there {
				h.t.Errorf("%s.%s is not in the summary", path, key)
			}
		}
	case []any:
		wants, _ := want.([]any)
		if len(got) != len(wants) {
			h.t.Errorf("%s has %d items, want %d", path, len(got), len(wants))
			return
		}
		for i := range got {
			h.leaf(fmt.Sprintf("%s[%d]", path, i), got[i], wants[i], nil)
		}
	}
}

// leaf compares a value; beside are the values by its side.
func (h *hand) leaf(path string, got, want any, beside map[string]any) {
	switch g := got.(type) {
	case map[string]any, []any:
		h.compare(path, got, want)
	case float64:
		w, ok := want.(float64)
		h.numbers++
		if most := allowed(path, w, beside); !ok || !(math.Abs(g-w) <= most) {
			h.t.Errorf("%s: %v, by hand %v (within %.3g)", path, got, want, most)
		}
	case string:
	default: // null, true or false
		if got != want {
			h.t.Errorf("%s: %v, by hand %v", path, got, want)
		}
	}
}

// allowed is how far a number may be from want: half of its ninth digit, which is
// the last; of bounds that are drawn a twentieth of their distance, and of p
// values that are a tenth.
func allowed(path string, want float64, beside map[string]any) float64 {
	switch {
	case strings.Contains(path, ".cpus."):
		return 1e-9 // differences of shares that have nine digits
	case !drawn.MatchString(path):
		return 6e-9*math.Abs(want) + 1e-12
	case strings.Contains(path, ".test."):
		return 0.1 * want
	}
	return 0.05 * (beside["high"].(float64) - beside["low"].(float64))
}
