package selector

import (
	"cmp"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestCorrectionFollows: ξ comes to the factor by which a node is slower than
// its profile, within a few requests, also after it changed.
func TestCorrectionFollows(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 0))
		c := newCorrection()
		request := 0
		for _, factor := range []float64{1, 1.3, 3, 0.7} {
			for range 20 {
				request++
				c.learn(factor*(1+0.05*rng.NormFloat64()), 0, request)
			}
			if math.Abs(c.xi/factor-1) > 0.12 {
				t.Errorf("seed %d: ξ is %.3f after 20 requests at %v", seed, c.xi, factor)
			}
		}
	}
}

// TestCorrectionFirst: the first request counts for p/(p+r) = 0.04/0.05, 80 % of
// the difference, as nothing is known.
func TestCorrectionFirst(t *testing.T) {
	c := newCorrection()
	c.learn(1.5, 0, 1)
	if want := 1.4; math.Abs(c.xi-want) > 1e-12 {
		t.Errorf("ξ is %v, want %v", c.xi, want)
	}
	c = newCorrection()
	c.learn(100, 0, 1) // counts as twice: 1 + 0.8·1
	if want := 1.8; math.Abs(c.xi-want) > 1e-12 {
		t.Errorf("ξ is %v after one request of 100 times, want %v", c.xi, want)
	}
}

// TestCorrectionForgives: one fluke among regular requests is forgotten after
// two more.
func TestCorrectionForgives(t *testing.T) {
	c := newCorrection()
	for i := range 30 {
		c.learn(1, 0, i+1)
	}
	c.learn(10, 0, 31)
	c.learn(1, 0, 32)
	c.learn(1, 0, 33)
	if math.Abs(c.xi-1) > 0.1 {
		t.Errorf("ξ is %v, two requests after a fluke", c.xi)
	}
}

// TestCorrectionGoesBack: what was learnt counts whole for the next request, half
// after 30 more, and for next to nothing in the end.
func TestCorrectionGoesBack(t *testing.T) {
	c := newCorrection()
	if got := c.now(1000); got != 1 {
		t.Errorf("ξ is %v before anything was learnt", got)
	}
	for i := range 100 {
		c.learn(3, 0, i+1)
	}
	for request, want := range map[int]float64{101: 3, 131: 2, 161: 1.5, 1000: 1} {
		if got := c.now(request); math.Abs(got-want) > 1e-6 {
			t.Errorf("ξ is %v for request %d, want %v", got, request, want)
		}
	}
	c.learn(2, 0, 131) // as expected by then
	if math.Abs(c.xi-2) > 1e-6 {
		t.Errorf("ξ is %v, want 2", c.xi)
	}
}

// TestCorrectionIsSure: how sure ξ is falls with what is learnt, and rises with
// the time since and with a change of load.
func TestCorrectionIsSure(t *testing.T) {
	c := newCorrection()
	unknown := c.variance(0, 1)
	for i := range 30 {
		c.learn(1+0.02*float64(i%3-1), 0.2, i+1)
	}
	known := c.variance(0.2, 31)
	if known > unknown/5 {
		t.Errorf("variance %v after 30 regular requests, from %v", known, unknown)
	}
	// 0.3·0.5 of a change of load by a half: 0.0225.
	if got := c.variance(0.7, 31) - known; math.Abs(got-0.0225) > 1e-12 {
		t.Errorf("at another load the variance is %v more, want 0.0225", got)
	}
	if later := c.variance(0.2, 131); later <= known {
		t.Errorf("variance %v 100 requests later, from %v", later, known)
	}
	// A cascade runs the second model on what the first was unsure of: the
	// node has not changed between the two, and the second tells as much.
	c.learn(1, 0.2, 31)
	if got := c.prior(0.2, 31); got != c.p {
		t.Errorf("variance %v within a request, want %v", got, c.p)
	}
}

// TestResidual: of a phase that is always twice as long as predicted, the
// residual comes to 1, and counts what is predicted below a millisecond as one.
func TestResidual(t *testing.T) {
	var r residual
	if got, want := r.variance(8*ms), square(2); got != want { // 25 % of 8 ms
		t.Errorf("before anything was observed %v, want %v", got, want)
	}
	for range 200 {
		r.learn(10*ms, 20*ms)
	}
	for _, tt := range []struct{ predicted, want float64 }{{100, square(100)}, {0.1, square(1)}, {0, square(1)}} {
		if got := r.variance(scale(ms, tt.predicted)); math.Abs(got/tt.want-1) > 0.01 {
			t.Errorf("of %v ms: %v, want %v", tt.predicted, got, tt.want)
		}
	}
}

// TestNodesLearnApart: what is learnt of one node, by whichever model ran there,
// tells of its other models and of no other node; a cascade's parts teach each
// their own.
func TestNodesLearnApart(t *testing.T) {
	opts := []Option{
		{Model: "a", Node: "edge", Infer: 10 * ms, Preprocess: 5 * ms}, {Model: "b", Node: "edge", Infer: 40 * ms},
		{Model: "a", Node: "cloud", Infer: 10 * ms}, {Model: "b", Node: "cloud", Infer: 40 * ms},
	}
	p := newPredictor(Config{})
	o := Observation{Devices: []Device{{Name: "edge"}, {Name: "cloud"}}}
	for range 40 {
		cs := p.predict(o, opts)
		p.decided(opts[0], cs[0])
		p.Learn(Outcome{Option: opts[0], Observed: Phases{Preprocess: 20 * ms, Infer: 10 * ms}}) // 30 for 15
	}
	want := []float64{30, 80, 10, 40}
	for i, c := range p.predict(o, opts) {
		if got := float64(c.Total) / 1e6; math.Abs(got/want[i]-1) > 0.02 {
			t.Errorf("%s predicted at %.1f ms, want %v", c.Option, got, want[i])
		}
	}
	both := opts[1]
	both.Placement, both.Second = Cascade, &opts[3]
	p.decided(both, Candidate{})
	for range 40 {
		p.predict(o, opts)
		p.Learn(Outcome{Option: both, Parts: []Part{
			{Option: opts[1], Images: 4, Observed: Phases{Infer: 160 * ms}},
			{Option: opts[3], Images: 2, Observed: Phases{Infer: 240 * ms}},
		}})
	}
	want = []float64{15, 40, 30, 120}
	for i, c := range p.predict(o, opts) {
		if got := float64(c.Total) / 1e6; math.Abs(got/want[i]-1) > 0.02 {
			t.Errorf("after the cascade %s predicted at %.1f ms, want %v", c.Option, got, want[i])
		}
	}
}

// TestPhasesLearnApart: how far off a phase is tells of that phase alone.
func TestPhasesLearnApart(t *testing.T) {
	o := Observation{Upload: 125_000, Download: 125_000, Devices: []Device{{Name: "edge", Up: 10e6, Back: 10e6, Down: 10e6}}}
	opt := Option{Model: "m", Node: "edge", Size: 125_000, Load: 100 * ms, Infer: 100 * ms}
	right := Expected(o, opt, idle)
	for name, wrong := range map[string]func(*Phases){
		"upload":   func(p *Phases) { p.Upload *= 3 },
		"fetch":    func(p *Phases) { p.Fetch *= 3 },
		"load":     func(p *Phases) { p.Load *= 3 },
		"download": func(p *Phases) { p.Download *= 3 },
	} {
		p := newPredictor(Config{})
		for range 100 {
			p.predict(o, []Option{opt})
			did := right
			wrong(&did)
			p.Learn(Outcome{Option: opt, Observed: did})
		}
		n := p.node("edge")
		for phase, r := range map[string]*residual{"upload": &n.upload, "fetch": &n.fetch, "load": &n.load, "download": &n.download} {
			if want := 4.0; phase == name && math.Abs(r.square-want) > 0.2 { // (3 − 1)²
				t.Errorf("%s three times as long: its residual is %.2f, want %v", name, r.square, want)
			}
			if phase != name && r.square > 0.01 {
				t.Errorf("%s three times as long: the residual of %s is %.2f", name, phase, r.square)
			}
		}
	}
}

// TestCurveIsNotLearnt: a node that is slower just as its curve says has a ξ of 1.
func TestCurveIsNotLearnt(t *testing.T) {
	opt := Option{Model: "m", Node: "edge", Infer: 100 * ms}
	p := newPredictor(Config{Curves: map[string]Curve{"edge": {{0, 1}, {0.8, 5}}}})
	for _, u := range []float64{0.8, 0, 0.8} {
		o := Observation{Devices: []Device{{Name: "edge", Utilization: u}}}
		for range 20 {
			p.predict(o, []Option{opt})
			p.Learn(Outcome{Option: opt, Observed: Phases{Infer: scale(100*ms, p.curves["edge"].At(u))}})
		}
		if got := p.node("edge").xi.xi; math.Abs(got-1) > 1e-9 {
			t.Errorf("ξ is %v at utilization %v, want 1", got, u)
		}
	}
}

// TestBoundsLearnOfTheirOwn: a request that is beyond its bound widens the
// bounds, and one within narrows them, but only one that went by the option that
// was chosen, and only once.
func TestBoundsLearnOfTheirOwn(t *testing.T) {
	opts := []Option{pair(Cascade, 0.3, 0), pair(Hedged, 0.3, 0)}
	o := seen(1)
	for _, tt := range []struct {
		name  string
		by    Option
		took  time.Duration
		wider int // sign of the change
	}{
		{"within", opts[0], 100 * ms, -1},
		{"beyond", opts[0], time.Minute, 1},
		{"another placement", opts[1], time.Minute, 0},
		{"one part", *opts[0].Second, time.Minute, 0},
	} {
		p := newPredictor(Config{})
		cs := p.predict(o, opts)
		p.decided(opts[0], cs[0])
		for range 2 {
			before := p.widen
			p.Learn(Outcome{Option: tt.by, Observed: Phases{Infer: tt.took}})
			if got := cmp.Compare(p.widen, before); got != tt.wider {
				t.Errorf("%s: bounds changed from %v to %v", tt.name, before, p.widen)
			}
			tt.wider = 0 // it was learnt of
		}
	}
}

// TestWhatIsNotSeenIsUnknown: a node that an observation leaves out is not as it
// was in the one before.
func TestWhatIsNotSeenIsUnknown(t *testing.T) {
	opts := []Option{{Model: "m", Node: "edge", Load: 30 * ms, Infer: 10 * ms}}
	p := newPredictor(Config{})
	p.predict(Observation{Devices: []Device{{Name: "edge", Utilization: 1, Loaded: []string{"m"}}}}, opts)
	if got := p.predict(Observation{}, opts)[0].Total; got != 40*ms {
		t.Errorf("predicted at %v, want 40ms", got)
	}
}

// TestNothingIsLearntOfNothing: failures, models that say nothing of the node,
// and outcomes of before the first Select.
func TestNothingIsLearntOfNothing(t *testing.T) {
	o := Observation{Devices: []Device{{Name: "edge"}}}
	opts := []Option{{Model: "m", Node: "edge", Infer: 10 * ms}}
	for name, out := range map[string]Outcome{
		"a failure":           {Option: opts[0], Failed: true, Observed: Phases{Infer: time100}},
		"no inference":        {Option: opts[0]},
		"a profile of 1 ns":   {Option: Option{Model: "x", Node: "edge", Infer: 1}, Observed: Phases{Infer: time100}},
		"two parts, none ran": {Option: pair(Cascade, 0, 0), Observed: Phases{Infer: time100}},
	} {
		p := newPredictor(Config{})
		p.Learn(out)
		p.predict(o, opts)
		p.Learn(out)
		if got := p.predict(o, opts)[0].Total; got != 10*ms {
			t.Errorf("%s: predicted at %v, want 10ms", name, got)
		}
	}
}

const time100 = 100 * ms
