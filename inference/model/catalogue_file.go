package model

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A catalogueFile is catalogue.json: the numbers as their sources print them,
// each with the key of its source.
type catalogueFile struct {
	Sources map[string]string `json:"sources"`
	Models  []entryFile       `json:"models"`
}

type entryFile struct {
	Name        string        `json:"name"`
	Family      string        `json:"family"`
	Input       int           `json:"input"`
	Aliases     []string      `json:"aliases"`
	Parameters  cited         `json:"parameters"`
	GMACs       cited         `json:"gmacs"`        // 10^9 multiply-accumulates
	WeightsMiB  cited         `json:"weights_mib"`  // 2^20 bytes
	FeaturesMiB cited         `json:"features_mib"` // 2^20 bytes
	Variants    []variantFile `json:"variants"`
}

type variantFile struct {
	Weights string    `json:"weights"`
	Top1    float64   `json:"top1"` // per cent
	Top5    float64   `json:"top5"` // per cent
	Source  string    `json:"source"`
	Remark  string    `json:"remark"`
	Recipe  string    `json:"recipe"`
	Files   []ZooFile `json:"files"`
}

// A cited number is [number, key of its source] in the file.
type cited struct {
	n      float64
	source string
}

func (c *cited) UnmarshalJSON(text []byte) error {
	var pair []json.RawMessage
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 {
		return fmt.Errorf("%s: want [number, source]", text)
	}
	if err := json.Unmarshal(pair[0], &c.n); err != nil {
		return err
	}
	return json.Unmarshal(pair[1], &c.source)
}

// times is the number in units of scale, to the nearest whole.
func (c cited) times(scale float64) int64 { return int64(math.Round(c.n * scale)) }

// entries are the models by family, in the file's order of families, and
// within one by cost.
func (f catalogueFile) entries() ([]Entry, error) {
	var families []string
	all := make([]Entry, 0, len(f.Models))
	for _, m := range f.Models {
		if !slices.Contains(families, m.Family) {
			families = append(families, m.Family)
		}
		e, err := f.entry(m)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Entry) int {
		if d := slices.Index(families, a.Family) - slices.Index(families, b.Family); d != 0 {
			return d
		}
		if a.MACs != b.MACs {
			return int(min(max(a.MACs-b.MACs, -1), 1))
		}
		return int(min(max(a.Parameters-b.Parameters, -1), 1))
	})
	return all, nil
}

func (f catalogueFile) entry(m entryFile) (Entry, error) {
	e := Entry{
		Name: m.Name, Family: m.Family, Input: m.Input, Aliases: m.Aliases,
		Parameters:   m.Parameters.times(1),
		MACs:         m.GMACs.times(1e9),
		WeightBytes:  m.WeightsMiB.times(1 << 20),
		FeatureBytes: m.FeaturesMiB.times(1 << 20),
		Sources: Sources{
			Parameters:   f.Sources[m.Parameters.source],
			MACs:         f.Sources[m.GMACs.source],
			WeightBytes:  f.Sources[m.WeightsMiB.source],
			FeatureBytes: f.Sources[m.FeaturesMiB.source],
		},
	}
	for _, v := range m.Variants {
		r, err := ParseRecipe(v.Recipe)
		if err != nil {
			return Entry{}, fmt.Errorf("%s: %w", v.Weights, err)
		}
		source := f.Sources[v.Source]
		if source == "" {
			return Entry{}, fmt.Errorf("%s: no source %q", v.Weights, v.Source)
		}
		if v.Remark != "" {
			source += "; " + v.Remark
		}
		e.Variants = append(e.Variants, Variant{
			Weights: v.Weights, Top1: percent(v.Top1), Top5: percent(v.Top5),
			Source: source, Recipe: r, Files: v.Files,
		})
	}
	if len(e.Variants) == 0 {
		return Entry{}, fmt.Errorf("no variants")
	}
	return e, nil
}

// percent is the share, without the dust that a division by 100 leaves in the
// last digits: percentages have three decimals at most.
func percent(p float64) float64 { return math.Round(p*1000) / 100_000 }

// plain is a name without what sources differ in: resnet-50, ResNet50 and
// resnet_50 are one.
func plain(name string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "").Replace(strings.ToLower(name))
}
