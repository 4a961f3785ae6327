package stats

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/testbed/testbed/runner/record"
)

// falseAlarm is the probability with which the losses of a run that are as
// asked are called too many or too few, over all links of a condition.
const falseAlarm = 0.01

// enough is how many packets must have met a loss before it is judged, so
// that the normal approximation holds.
const enough = 1000

// excused is what a link may deliver above its rate in one line of telemetry:
// what was late in the line before, and the edges of the line, in bytes.
const excused = 20 * 1514

// played is what one direction of a link did in one trial.
type played struct {
	link, direction string
	last            record.LinkSample // totals since the trial began
	offered, lost   int64             // packets, whatever became of them
	over            float64           // most delivered above the rate offered, as a share of it
	overText        string
	loaded          bool // beside background load
}

// examinePlayed holds to the tolerances what the links did while requests were
// made, trial by trial: how late packets and steps were, what was lost, and
// that no second delivered more than was offered.
func (w *world) examinePlayed() {
	var outside []*excess
	trials := w.playedTrials()
	for _, p := range trials {
		what := p.link + " " + p.direction
		if most := w.tolerance.Lag; most > 0 {
			w.told[Lag] = true
			if p.loaded {
				most *= 2
			}
			late(&outside, what+" lag", "packets", p.last.LagP99, most)
			late(&outside, what+" steps", "steps of the link", p.last.StepsLateP99, most)
		}
		if w.tolerance.Rate > 0 {
			e := find(&outside, Network, what+" rate")
			e.add(p.over, w.tolerance.Rate, p.overText)
		}
	}
	w.examineLosses(trials)
	for _, e := range outside {
		if e.count > 0 {
			w.reasonOf(e.by, e.most, e.name, "%s: %s (in %d of %d trials)", e.what, e.worst, e.count, e.trials)
		}
	}
}

// late counts a trial whose p99 of something is above most.
func late(list *[]*excess, what, who string, p99, most time.Duration) {
	find(list, Lag, what).add(millis(p99), millis(most),
		fmt.Sprintf("1 %% of %s were more than %s late, tolerance %s", who, timeText(p99), timeText(most)))
}

// playedTrials gathers telemetry by trial and direction.
func (w *world) playedTrials() (all []*played) {
	at := map[string]*played{}
	for _, t := range w.telemetry {
		for _, l := range t.Links {
			key := fmt.Sprint(t.Repetition, l.Of(t.Node), l.Direction)
			p := at[key]
			if p == nil {
				p = &played{link: l.Of(t.Node), direction: l.Direction}
				at[key], all = p, append(all, p)
			}
			p.add(t, l)
		}
	}
	return all
}

// add takes a line of telemetry in.
func (p *played) add(t *record.Telemetry, l record.LinkSample) {
	p.last = l
	p.offered += l.Packets + l.Lost + l.Dropped
	p.lost += l.Lost
	p.loaded = p.loaded || t.Loaded()
	if l.Asked == 0 || t.At <= t.From {
		return
	}
	long := (t.At - t.From).Seconds()
	delivered := float64(l.Rate)*long - 8*excused
	if over := delivered/(float64(l.Asked)*long) - 1; over > p.over {
		p.over = over
		p.overText = fmt.Sprintf("delivered %s in a second that offered %s", rateText(l.Rate), rateText(l.Asked))
	}
}

// examineLosses compares losses over all trials of the condition with the
// share asked for, where that is constant (of one that varies, Loss is 0). The interval is that of a binomial,
// wider by the autocorrelation of a Gilbert model where losses come in bursts:
// with mean loss L and mean burst B, states r = 1/B and p = L·r/(1−L), and the
// variance is (1+ρ)/(1−ρ) times that of independent losses, ρ = 1 − p − r.
func (w *world) examineLosses(trials []*played) {
	judged := slices.DeleteFunc(slices.Clone(w.condition.Links), func(l record.Link) bool { return l.Loss <= 0 || l.Loss >= 1 })
	for _, l := range judged {
		var packets, lost int64
		for _, p := range trials {
			if p.link == l.Node && p.direction == l.Direction {
				packets, lost = packets+p.offered, lost+p.lost
			}
		}
		if packets < enough || !w.relayed(l.Node) {
			continue
		}
		n := float64(packets)
		spread := math.Sqrt(l.Loss * (1 - l.Loss) / n)
		if l.LossBurst > 1 {
			r := 1 / l.LossBurst
			rho := 1 - l.Loss*r/(1-l.Loss) - r
			spread *= math.Sqrt((1 + rho) / (1 - rho))
		}
		z := distuv.UnitNormal.Quantile(1 - falseAlarm/2/float64(len(judged)))
		if got := float64(lost) / n; math.Abs(got-l.Loss) > z*spread+1/n {
			w.reasonOf(math.Abs(got-l.Loss), z*spread, Network, "%s %s loss: %s of %d packets, %s asked, tolerance %s", l.Node, l.Direction,
				Number(got).Percent(2), packets, Number(l.Loss).Percent(2), Number(z*spread).Percent(2))
		}
	}
}

// relayed says that the links of a node were played by the relay, which alone
// tells losses from drops.
func (w *world) relayed(node string) bool {
	for _, c := range w.checks {
		if c.Node == node && c.Engine != "relay" {
			return false
		}
	}
	return true
}
