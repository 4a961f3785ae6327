package selector

import "time"

// A residual is how far a phase was from what was predicted of it, so far: the
// mean square of (observed − predicted)/max(predicted, fine). The prediction
// itself is left alone, as what it is made of, the measured rates and round
// trips, follows the network by itself.
type residual struct {
	square float64
	n      int
}

const (
	// fine is a time to which no phase is predicted better than in absolute
	// terms: of scheduling and system calls.
	fine = time.Millisecond
	// firstSquare is the residual of a phase before it was observed: 25 %.
	firstSquare = 0.0625
	// firstWorth is how many observations that is worth.
	firstWorth = 1
	// ofSquare is the least weight of the last observation.
	ofSquare = 0.05
)

// variance is that of a phase that is predicted at p, in ns². A phase that
// will not happen has none.
func (r *residual) variance(p time.Duration) float64 {
	square := r.square
	if r.n == 0 {
		square = firstSquare
	}
	s := float64(max(p, fine))
	return square * s * s
}

// learn takes in that a phase predicted at p took observed. A surprise counts
// for at most three times the prediction: one request alone says little.
func (r *residual) learn(p, observed time.Duration) {
	e := min(float64(observed-p)/float64(max(p, fine)), 3)
	if r.n == 0 {
		r.square = firstSquare
	}
	r.n++
	r.square += max(ofSquare, 1/float64(r.n+firstWorth)) * (e*e - r.square)
}
