package external

import (
	"time"

	"github.com/testbed/testbed/selector"
)

// Protocol is the version of the messages. It changes when a program that was
// written for them would no longer work.
const Protocol = 1

// A message is one of the four.
type message interface {
	kind() string
	address(head)
}

// A head begins every message.
type head struct {
	Type     string `json:"type"`
	ID       uint64 `json:"id"`       // of learn: that of the select
	Selector string `json:"selector"` // name
}

func (h *head) address(to head) { *h = to }

type startMessage struct {
	head
	Protocol int           `json:"protocol"`
	Timeout  time.Duration `json:"timeout_ns"`
}

func (*startMessage) kind() string { return "start" }

type trialMessage struct {
	head
	Condition  string                    `json:"condition"`
	Repetition int                       `json:"repetition"`
	Seed       uint64                    `json:"seed"`
	Budget     selector.Budget           `json:"budget"`
	Floor      float64                   `json:"floor"`
	Curves     map[string]selector.Curve `json:"curves,omitempty"`
	Options    []optionMessage           `json:"options"`
}

// An optionMessage is an option with its name.
type optionMessage struct {
	Label string `json:"label"`
	selector.Option
}

func (*trialMessage) kind() string { return "trial" }

// exact are the bits of an integer that every JSON reader keeps: some have but
// floating point.
const exact = 1<<53 - 1

// below is how far below the budget's floor the one that is told is, so that
// accuracies at the floor reach it whatever was rounded.
const below = 1e-9

func newTrialMessage(t Trial) *trialMessage {
	m := &trialMessage{Condition: t.Condition, Repetition: t.Repetition, Seed: t.Fallback.Seed & exact, Budget: t.Fallback.Budget, Curves: t.Fallback.Curves}
	best := 0.0
	for _, o := range t.Options {
		best = max(best, o.Accuracy)
		m.Options = append(m.Options, optionMessage{Label: o.Label(), Option: o})
	}
	m.Floor = max(m.Budget.Floor(best)-below, 0)
	return m
}

// labels are those of the options, in their order.
func (m *trialMessage) labels() (all []string) {
	for _, o := range m.Options {
		all = append(all, o.Label)
	}
	return all
}

type selectMessage struct {
	head
	Observation selector.Observation `json:"observation"`
}

func (*selectMessage) kind() string { return "select" }

type learnMessage struct {
	head
	Seq      uint64          `json:"seq"`
	Choice   int             `json:"choice"`
	Option   string          `json:"option"`
	Mine     bool            `json:"mine"` // not the fallback's
	Failed   bool            `json:"failed"`
	Total    time.Duration   `json:"total_ns"`
	Observed selector.Phases `json:"observed"`
	Parts    []partMessage   `json:"parts"`
}

type partMessage struct {
	Option   string          `json:"option"`
	Images   int             `json:"images"`
	Observed selector.Phases `json:"observed"`
	Unsure   bool            `json:"unsure"`
}

func (*learnMessage) kind() string { return "learn" }
