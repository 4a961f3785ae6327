package scenarios

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"

	"github.com/testbed/testbed/emulator/unit"
)

// maxSource is the largest scenario file. Traces are files of their own.
const maxSource = unit.MiB

// Read reads a scenario file, applies the overrides, checks all that it says
// and plans it. An override of vary.NAME chooses among the values of that axis:
// vary.bandwidth=5Mbps, or vary.bandwidth=[5Mbps, 20Mbps]. The traces it names are read from fsys too, relative to the
// file. The same bytes and overrides give the same Plan.
//
// stored are names of models that may be used beside the built-in and the
// published ones, since the machine's store holds them.
//
// A mistake in the file or an override is a *FieldError: the first by its
// position. One in a trace file is the error of package trace, with the
// trace's own file and line. Names in errors are as given, from fsys's root.
func Read(fsys fs.FS, name string, overrides []Setting, stored ...string) (*Plan, error) {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	if unit.Bytes(len(source)) > maxSource {
		return nil, fmt.Errorf("%s: %v: want a scenario, at most %v", name, unit.Bytes(len(source)), maxSource)
	}
	ps := &problems{file: name}
	root := ps.tree(source, overrides)
	if err := ps.first(); err != nil {
		return nil, err
	}
	d := &decoder{problems: ps, fsys: fsys, recordings: map[string]reading{}, beside: map[string]string{}, bounds: map[string]Node{}, stored: stored}
	o := d.object(root, "", "")
	s := d.scenario(o, name)
	dims := d.axes(o)
	d.arms(o, &s, dims)
	d.condition(root)
	d.idle(overrides, dims)
	if err := d.err(); err != nil {
		return nil, err
	}
	dims = d.pick(overrides, dims)
	if err := d.err(); err != nil {
		return nil, err
	}
	for _, dim := range dims {
		s.Axes = append(s.Axes, dim.Axis)
	}
	conditions := d.conditions(root, dims)
	s.Placements = placed(conditions)
	s.Pairs = d.everywhere(root, conditions)
	d.affordable(root, s, conditions)
	if err := d.err(); err != nil {
		return nil, err
	}
	hash := sha256.Sum256(source)
	return &Plan{
		Scenario:   s,
		File:       name,
		Source:     source,
		Hash:       hex.EncodeToString(hash[:]),
		Conditions: conditions,
		Trials:     trials(s, conditions),
		models:     d.modelsAt,
		keys:       keysAt(root),
	}, nil
}

// keysAt are the positions of the keys at the top of a file.
func keysAt(root *node) map[string]position {
	at := map[string]position{}
	for _, e := range root.entries {
		at[e.key] = e.position
	}
	return at
}

// err is the first mistake by position, else that in a trace file.
func (d *decoder) err() error {
	if err := d.first(); err != nil {
		return err
	}
	return d.broken
}

// affordable notes a plan that is larger than any run.
func (d *decoder) affordable(root *node, s Scenario, conditions []Condition) {
	pairs := 0
	for _, c := range conditions {
		pairs += c.Warmup + c.Requests
	}
	if pairs > maxPairs/s.Repetitions {
		d.add(root.position, "load", "%d repetitions of %d pairs in %d conditions: want at most %d pairs in all",
			s.Repetitions, pairs, len(conditions), maxPairs)
	}
}
