package view

import (
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/testbed/testbed/plots/stats"
	"github.com/testbed/testbed/runner/record"
)

// A run that goes on is gone through again at most every restAtLeast, and with
// at most a share of one core, since it may be this machine that is measured.
const (
	restAtLeast = 2 * time.Second
	coreShare   = 0.2
)

// mostKept is of how many runs the numbers are held.
const mostKept = 4

// An analyst goes through runs, one at a time.
type analyst struct {
	one sync.Mutex // held while a run is gone through

	mu    sync.Mutex
	files []*dossier // the one asked for last is the last
	made  int        // analyses, of all runs
}

// A dossier is what is known of a run.
type dossier struct {
	of     *run
	latest *analysis
	err    error
	busy   bool
	stamp  string    // of the records that latest or err is of
	rest   time.Time // before which it is not gone through again while it goes on
}

// An analysis is the numbers of a run as it stood. It does not change.
type analysis struct {
	revision int // from 1; no other has the same
	at       time.Time
	took     time.Duration
	summary  stats.Summary
	series   stats.Series
}

// of is the latest analysis of a run, nil if there is none yet, and whether a
// newer one is being made; err is why there is none of the run as it stands. It
// does not wait.
func (a *analyst) of(r *run, s state) (*analysis, bool, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	d := a.dossier(r)
	if s.Gone {
		return d.latest, false, nil
	}
	if now := stamps(r.dir); now != d.stamp && !d.busy && (s.Status != "running" || time.Now().After(d.rest)) {
		d.busy = true
		go a.goThrough(d, now)
	}
	return d.latest, d.busy, d.err
}

// dossier is that of a run. Those that nobody asked for longest are given up.
func (a *analyst) dossier(r *run) *dossier {
	d := &dossier{of: r}
	if i := slices.IndexFunc(a.files, func(d *dossier) bool { return d.of == r }); i >= 0 {
		d = a.files[i]
		a.files = slices.Delete(a.files, i, i+1)
	}
	a.files = append(a.files, d)
	if len(a.files) > mostKept && !a.files[0].busy {
		a.files = slices.Delete(a.files, 0, 1)
	}
	return d
}

// goThrough makes the analysis of a run that had a stamp before it was begun:
// what is written meanwhile makes another one due.
func (a *analyst) goThrough(d *dossier, stamp string) {
	a.one.Lock()
	defer a.one.Unlock()
	start, used := time.Now(), cpuTime()
	made := &analysis{}
	records, lines, err := record.Stream(d.of.dir)
	if err == nil {
		made.summary, made.series = stats.Analyze(records, lines)
	}
	made.at, made.took = time.Now(), time.Since(start)
	rest := max(restAtLeast, time.Duration(float64(cpuTime()-used)/coreShare)-made.took)

	a.mu.Lock()
	defer a.mu.Unlock()
	d.busy, d.stamp, d.err, d.rest = false, stamp, err, made.at.Add(rest)
	if err != nil {
		return
	}
	a.made++
	made.revision = a.made
	d.latest = made
}

// cpuTime is what this process has used of all cores.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
