package sim_test

import (
	"flag"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

const ms = time.Millisecond

var requests = flag.Int("requests", 1_000_000, "of the test of memory")

// A desk is where requests come to: as a Poisson process, each with a connection
// of its own, to be uploaded, computed by one server and answered.
type desk struct {
	engine *sim.Engine
	server *sim.Server
	up     []*sim.Link
	down   []*sim.Link
	rng    *rand.Rand
	next   sim.Timer
	free   []*visit
	left   int
	done   int
	total  time.Duration // of all that are done
	record func(*visit)  // nil: nothing is written down
}

// A visit is one request.
type visit struct {
	desk  *desk
	conn  *sim.Conn
	job   sim.Job
	at    time.Duration
	stage int
}

func newDesk(up, down emulator.Link, requests int) *desk {
	e := sim.New()
	d := &desk{
		engine: e, server: sim.NewServer(e, 1), rng: rand.New(rand.NewPCG(1, 2)), left: requests,
		up: []*sim.Link{sim.NewLink(e, up, 1, 0)}, down: []*sim.Link{sim.NewLink(e, down, 2, 0)},
	}
	d.next.Event = d
	e.Set(&d.next, 0)
	return d
}

// Happen is that a request comes.
func (d *desk) Happen() {
	if d.left == 0 {
		return
	}
	d.left--
	d.engine.Set(&d.next, d.engine.Now()+time.Duration(d.rng.ExpFloat64()*float64(3*ms)))
	var v *visit
	if n := len(d.free); n > 0 {
		v, d.free = d.free[n-1], d.free[:n-1]
	} else {
		v = &visit{desk: d, conn: sim.NewConn(d.engine, d.up, d.down)}
		v.job.Done = v
	}
	v.at, v.stage = d.engine.Now(), 0
	v.conn.Send(12_000, v)
}

// Happen is that a stage of a request is over.
func (v *visit) Happen() {
	d := v.desk
	switch v.stage++; v.stage {
	case 1:
		v.job.Work = ms
		d.server.Do(&v.job)
	case 2:
		v.conn.Reply(1000, v)
	case 3:
		d.done++
		d.total += d.engine.Now() - v.at
		if d.record != nil {
			d.record(v)
		}
		d.free = append(d.free, v)
	}
}

var (
	upload   = emulator.Link{Rate: 66_500 * unit.Kbps, Delay: ms, Queue: 800_000} // 12 kB take 1.5 ms
	download = emulator.Link{Rate: 100 * unit.Mbps, Delay: ms / 2}
)

// BenchmarkRequest is a request of three events: uploaded, computed, answered.
func BenchmarkRequest(b *testing.B) {
	d := newDesk(upload, download, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	d.engine.Run()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	if d.done != b.N {
		b.Fatalf("%d of %d requests are done", d.done, b.N)
	}
}

// BenchmarkRecorded is the same with a line of requests.jsonl for each.
func BenchmarkRecorded(b *testing.B) {
	w, err := record.Create(filepath.Join(b.TempDir(), "run"), record.Header{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	d, block := newDesk(upload, download, b.N), record.Block{}
	d.record = func(v *visit) {
		now := d.engine.Now()
		infer := v.job.Work
		err := block.Request(record.Request{Condition: "20Mbps/idle", Arm: "advanced", Pair: d.done, Sample: "blank/000001", Option: "resnet18@edge", Model: "resnet18", Node: "edge",
			Due: v.at, Sent: v.at, Done: now, Phases: selector.Phases{Upload: v.job.Began - v.at, Infer: infer, Download: now - v.job.Began - infer},
			Measured: now - v.at, Up: 12_000, Down: 1000, Label: 1, Prediction: 1})
		if err == nil && block.Size() > 1<<20 {
			err = w.Append(&block)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	d.engine.Run()
	if err := w.Append(&block); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// BenchmarkSimPy is the same model in SimPy 2, and how many times as fast ours is.
func BenchmarkSimPy(b *testing.B) {
	if exec.Command("/usr/bin/python3", "-c", "import SimPy.Simulation").Run() != nil {
		b.Skip("python3 has no SimPy (Debian: python3-simpy)")
	}
	const n = 50_000
	var theirs, ours float64
	for b.Loop() {
		out, err := exec.Command("/usr/bin/python3", "testdata/requests.py", strconv.Itoa(n)).Output()
		if err != nil {
			b.Fatal(err)
		}
		rate, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
		if err != nil {
			b.Fatal(err)
		}
		theirs = max(theirs, rate)
		d := newDesk(upload, download, 20*n)
		begun := time.Now()
		d.engine.Run()
		ours = max(ours, 20*n/time.Since(begun).Seconds())
	}
	b.ReportMetric(theirs, "simpy/s")
	b.ReportMetric(ours, "requests/s")
	b.ReportMetric(ours/theirs, "times")
}
