package profiling

import (
	"math"
	"slices"
	"time"

	"github.com/testbed/testbed/inference/profile"
)

// Within is how close a prediction must be, relative to what was measured.
const Within = 0.15

// A Prediction is a setting that no profile was made of, as the profile
// predicts it and as it was measured.
type Prediction struct {
	Model       string        `json:"model"`
	Threads     int           `json:"threads"`
	Utilization float64       `json:"utilization"`
	Predicted   time.Duration `json:"predicted_ns"`
	Measured    time.Duration `json:"measured_ns"`
	Runs        int           `json:"runs"`
}

// Error is by how much the prediction is off, relative to what was measured:
// above 0 if it is too long.
func (p Prediction) Error() float64 { return float64(p.Predicted)/float64(p.Measured) - 1 }

// Pass reports whether it is close enough.
func (p Prediction) Pass() bool {
	return math.Abs(float64(p.Predicted-p.Measured)) <= Within*float64(p.Measured)
}

// heldOut are the loads that are measured and not used: 40 and 60 %, or what is
// beside them if these are used. No model is measured at them for the profile,
// with any number of threads.
func (o Options) heldOut() []float64 {
	var loads []float64
	for _, percent := range []int{40, 60} {
		for percent < 100 && slices.ContainsFunc(o.Loads, func(l float64) bool { return math.Abs(100*l-float64(percent)) < 3 }) {
			percent += 4
		}
		if load := float64(percent) / 100; percent < 100 && load < o.Loads[len(o.Loads)-1] && !slices.Contains(loads, load) {
			loads = append(loads, load)
		}
	}
	return loads
}

// predictions compares what was held out of f with what p says of it.
func (f measurement) predictions(o Options, p profile.Profile) (all []Prediction) {
	if !o.HoldOut {
		return nil
	}
	for _, threads := range o.Threads {
		for _, load := range o.heldOut() {
			predicted, err := p.Infer(f.model.Name, threads, load)
			if err != nil {
				panic("profiling: " + err.Error()) // p was made of the same models and threads
			}
			s := sample(f.best(setting{threads, load}))
			all = append(all, Prediction{Model: f.model.Name, Threads: threads, Utilization: load,
				Predicted: rounded(predicted), Measured: s.Mean, Runs: s.Runs})
		}
	}
	return all
}
