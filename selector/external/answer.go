package external

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/testbed/testbed/selector"
)

// An answer is what a program says to a message. Of one to start or trial only
// ID and Error matter.
type answer struct {
	ID         *uint64     `json:"id"`
	Choice     name        `json:"choice"`
	Reason     string      `json:"reason"`
	Candidates []candidate `json:"candidates"`
	Error      string      `json:"error"`
}

// A candidate is an option as the program judged it.
type candidate struct {
	Option    name                   `json:"option"`
	Predicted map[string]nanoseconds `json:"predicted"`
	Total     nanoseconds            `json:"total_ns"` // 0: the sum of Predicted
	Bound     nanoseconds            `json:"bound_ns"`
	Excluded  string                 `json:"excluded"`
}

// decode reads an answer.
func decode(text []byte) (a answer, err error) {
	err = json.Unmarshal(text, &a)
	var typed *json.UnmarshalTypeError
	var malformed *json.SyntaxError
	switch {
	case errors.As(err, &malformed), !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")):
		return answer{}, fmt.Errorf("answers %s: want a JSON object", quote(string(text)))
	case errors.As(err, &typed):
		return answer{}, fmt.Errorf("answers %s: key %q: %s is not what is wanted", quote(string(text)), typed.Field, typed.Value)
	case err != nil:
		return answer{}, fmt.Errorf("answers %s: %w", quote(string(text)), err)
	}
	return a, nil
}

// decision is what an answer to select says, of options with these labels.
func (a answer) decision(labels []string) (selector.Decision, error) {
	choice, err := a.Choice.among(labels)
	if err != nil {
		return selector.Decision{}, fmt.Errorf("chooses %w", err)
	}
	d := selector.Decision{Choice: choice, Reason: oneLine(a.Reason)}
	if d.Reason == "" {
		d.Reason = "it does not say why " + labels[choice]
	}
	d.Candidates, err = a.candidates(labels)
	if err == nil && d.Candidates != nil && d.Candidates[choice].Option == "" {
		err = fmt.Errorf("chooses %s, which is not among its candidates", labels[choice])
	}
	for i := range d.Candidates {
		if d.Candidates[i].Option == "" {
			d.Candidates[i] = selector.Candidate{Option: labels[i], Excluded: "not predicted"}
		}
	}
	return d, err
}

// candidates are those of an answer by the options' order, empty where it says
// nothing; nil if it says nothing of any.
func (a answer) candidates(labels []string) ([]selector.Candidate, error) {
	if len(a.Candidates) == 0 {
		return nil, nil
	}
	cs := make([]selector.Candidate, len(labels))
	for k, c := range a.Candidates {
		i, err := c.Option.among(labels)
		switch {
		case err != nil:
			return nil, fmt.Errorf("candidate %d: %w", k, err)
		case cs[i].Option != "":
			return nil, fmt.Errorf("candidate %d: %s a second time", k, labels[i])
		}
		p := phases(c.Predicted)
		cs[i] = selector.Candidate{Option: labels[i], Predicted: p, Total: time.Duration(c.Total), Bound: time.Duration(c.Bound), Excluded: oneLine(c.Excluded)}
		if c.Total == 0 {
			cs[i].Total = p.Total()
		}
	}
	return cs, nil
}

// phases are those that are named.
func phases(named map[string]nanoseconds) (p selector.Phases) {
	into := map[string]*time.Duration{"upload_ns": &p.Upload, "queue_ns": &p.Queue, "fetch_ns": &p.Fetch, "load_ns": &p.Load,
		"preprocess_ns": &p.Preprocess, "infer_ns": &p.Infer, "download_ns": &p.Download}
	for name, d := range named {
		if into[name] != nil {
			*into[name] = time.Duration(d)
		}
	}
	return p
}
