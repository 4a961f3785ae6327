package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

func detectPrometheus(head []byte, _ string) bool {
	return bytes.HasPrefix(bytes.TrimSpace(head), []byte("{")) &&
		(bytes.Contains(head, []byte(`"resultType"`)) || bytes.Contains(head, []byte(`"errorType"`)))
}

// A prometheusSeries is one of the result of a range query.
type prometheusSeries struct {
	Metric map[string]string
	Values [][2]json.RawMessage // seconds since 1970, and a number as a string
}

// readPrometheus reads the answer to a range query (/api/v1/query_range). Each
// series is a column, named by its labels, or cpu if it has none. A value holds
// from its time on, as it does in Prometheus; that of a rate(...[1m]) speaks of
// the minute before. Series and values that are stale are not in the file,
// which are gaps; NaN and infinite values are missing.
//
// Prometheus does not know what it holds. If no value of the file is above 1
// they are shares, and if none is above 100 they are percentages; the notes say
// which. A percentage that never is above 1 % is therefore misread.
func readPrometheus(src *source) (*Recording, error) {
	j, err := openJSON(src, "an answer of Prometheus to a range query")
	if err != nil {
		return nil, err
	}
	f, kind, problem := newFleet(j.lines, holdStart), "", ""
	err = j.object(func(key string) error {
		switch key {
		case "error":
			return j.value(&problem)
		case "data":
			return j.object(func(key string) error {
				switch {
				case key == "resultType":
					return j.value(&kind)
				case key == "result" && (kind == "matrix" || kind == ""):
					return j.array(func() error { return f.prometheus(j) })
				}
				return j.skip()
			})
		}
		return j.skip()
	})
	switch {
	case err != nil:
		return nil, err
	case problem != "":
		return nil, j.bad(nil, "Prometheus answered with an error: %.200s", problem)
	case kind != "matrix":
		return nil, j.bad(nil, "result type %.40q: want matrix, that of a range query (/api/v1/query_range)", kind)
	}
	notes, err := f.scale()
	if err != nil {
		return nil, err
	}
	return f.recording(notes...)
}

// prometheus reads a series.
func (f *fleet) prometheus(j *jsonFile) error {
	var series prometheusSeries
	if err := j.value(&series); err != nil {
		return err
	}
	name := prometheusName(series.Metric)
	if f.byName[name] != nil {
		return f.src.bad(nil, "series %.80s: want it once", name)
	}
	for i, point := range series.Values {
		var text string
		if err := json.Unmarshal(point[1], &text); err != nil {
			return f.src.bad(nil, "value %d of %.80s: %.40s: want a number in quotes", i+1, name, point[1])
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil && !math.IsInf(value, 0) || value < 0 && !math.IsInf(value, 0) {
			return f.src.bad(nil, "value %d of %.80s: %.40q: want a utilization, 0 or more", i+1, name, text)
		}
		if math.IsInf(value, 0) {
			value = math.NaN()
		}
		at, err := f.src.time(string(point[0]), time.Second)
		if err != nil {
			return err
		}
		if err := f.add(name, at, value); err != nil {
			return err
		}
	}
	return nil
}

// prometheusName writes labels as Prometheus does, without the quotes.
func prometheusName(metric map[string]string) string {
	name := metric["__name__"]
	var labels []string
	for _, key := range slices.Sorted(maps.Keys(metric)) {
		if key != "__name__" {
			labels = append(labels, key+"="+metric[key])
		}
	}
	if len(labels) > 0 {
		name += "{" + strings.Join(labels, ",") + "}"
	}
	if name = columnName(name); name == "" {
		return "cpu"
	}
	return name
}

// scale turns values that are shares or percentages into shares, and says which
// they were.
func (f *fleet) scale() (notes []string, err error) {
	most := 0.0
	for _, c := range f.columns {
		for _, v := range c.values {
			if v > most { // not if NaN
				most = v
			}
		}
	}
	unit, whole := "shares, for none is above 1", 1.0
	if most > 1+slack {
		unit, whole = "percentages, for one is above 1", 100
	}
	var s shares
	for _, c := range f.columns {
		for i, v := range c.values {
			if math.IsNaN(v) {
				continue
			}
			share, ok := s.of(v, whole)
			if !ok {
				return nil, f.src.bad(nil, "%s has %v: want shares up to 1 or percentages up to 100, such as 1 - avg(rate(node_cpu_seconds_total{mode=\"idle\"}[1m]))", c.name, v)
			}
			c.values[i] = share
		}
	}
	return append([]string{fmt.Sprintf("values are taken as %s", unit)}, s.notes()...), nil
}
