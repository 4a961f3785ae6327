package stats

import (
	"time"

	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// A request is what counts of a record.Request, in less than half its room:
// millions of them are held.
type request struct {
	*used
	Sample         string
	Sent, Done     time.Duration
	Wait           time.Duration // from due to sent
	Phases         selector.Phases
	Measured       time.Duration
	Wasted         time.Duration
	Repetition     int32
	Pair           int32
	Label          int32
	Prediction     int32
	condition, arm int32
	late           int32 // µs, at most half an hour
	First, Failed  bool
	batch          *[]record.Answer // nil: Sample, Label and Prediction are all
}

// A used is the option of a request, which all requests by it share.
type used struct {
	Option, Model, Node string
	alone               bool // one model answered
}

// A shelf holds the requests of a run, with each text once.
type shelf struct {
	texts map[string]string
	uses  map[used]*used
	parts [][]request // of at most shelfPart, so that none has to move
}

const shelfPart = 4096

func newShelf() *shelf { return &shelf{texts: map[string]string{}, uses: map[used]*used{}} }

// text is s, the same for all that are equal.
func (s *shelf) text(t string) string {
	if known, ok := s.texts[t]; ok {
		return known
	}
	s.texts[t] = t
	return t
}

// add keeps what counts of r.
func (s *shelf) add(r *record.Request, condition, arm int32) {
	if n := len(s.parts); n == 0 || len(s.parts[n-1]) == shelfPart {
		s.parts = append(s.parts, make([]request, 0, shelfPart))
	}
	last := &s.parts[len(s.parts)-1]
	*last = append(*last, request{used: s.use(r), Sample: s.text(r.Sample), Sent: r.Sent, Done: r.Done, Wait: r.Sent - r.Due, Phases: r.Phases,
		Measured: r.Measured, Wasted: r.Wasted, Repetition: int32(r.Repetition), Pair: int32(r.Pair), Label: int32(r.Label), Prediction: int32(r.Prediction),
		condition: condition, arm: arm, late: int32(max(min(r.Late, time.Hour/2), 0) / time.Microsecond), First: r.First, Failed: r.Error != "", batch: s.batch(r.Batch)})
}

func (s *shelf) use(r *record.Request) *used {
	u := used{r.Option, r.Model, r.Node, len(r.Parts) == 0}
	if known, ok := s.uses[u]; ok {
		return known
	}
	s.uses[u] = &u
	return &u
}

func (s *shelf) batch(answers []record.Answer) *[]record.Answer {
	if len(answers) == 0 {
		return nil
	}
	kept := make([]record.Answer, len(answers))
	for i, a := range answers {
		a.Sample = s.text(a.Sample)
		kept[i] = a
	}
	return &kept
}

// len is how many requests are kept.
func (s *shelf) len() int {
	if len(s.parts) == 0 {
		return 0
	}
	return (len(s.parts)-1)*shelfPart + len(s.parts[len(s.parts)-1])
}

// at is the i-th request that was added.
func (s *shelf) at(i int) *request { return &s.parts[i/shelfPart][i%shelfPart] }
