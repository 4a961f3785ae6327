package virtual

import (
	"context"
	"fmt"
	"time"

	"github.com/testbed/testbed/emulator/sim"
	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/estimate"
	"github.com/testbed/testbed/runner"
	"github.com/testbed/testbed/selector"
)

// What requests weigh beside an image and the logits, in the binary form of the
// Open Inference Protocol as nodes speak it; a test holds them to that.
const (
	requestHead unit.Bytes = 204 // of HTTP
	requestBody unit.Bytes = 200 // JSON, beside the image
	answerHead  unit.Bytes = 155
	answerBody  unit.Bytes = 505 // JSON, beside the logits
	logit       unit.Bytes = 4
	liveRequest unit.Bytes = 87 // whether a node is alive, which opens the connection
	liveAnswer  unit.Bytes = 122
	fetchHead   unit.Bytes = 160 // asks for a file
	fileHead    unit.Bytes = 250 // comes before it
)

// Do implements runner.World. Requests go over one connection to each node, which
// is open; after one that timed out it is made anew. Requests to one node follow
// each other: two at a time are an error.
//
// A request that times out is forgotten, but for what the node computes of it,
// which it does to the end. It is not cut short by ctx: no time of ours passes.
func (w *World) Do(ctx context.Context, r runner.Request) (runner.Result, error) {
	n, err := w.node(r.Node)
	switch {
	case err != nil:
		return runner.Result{}, err
	case ctx.Err() != nil:
		return runner.Result{}, ctx.Err()
	case r.Timeout <= 0:
		return runner.Result{}, fmt.Errorf("node %s: timeout %v: want a positive one", n.Name, r.Timeout)
	case n.under:
		return runner.Result{}, fmt.Errorf("node %s: another request is under way", n.Name)
	}
	n.under, n.late = true, false
	w.engine.Set(&n.deadline, w.Now()+r.Timeout)
	v := visit{node: n, asks: r, model: n.work[r.Model], is: runner.Result{Prediction: -1}}
	v.run()
	if v.is.Err == "" {
		v.is.Prediction, v.is.Confidence = w.plan.answers.of(r.Sample, r.Model, r.Label, v.model.bound)
	}
	w.engine.Stop(&n.deadline)
	n.under = false
	return v.is, nil
}

// A visit is a request on its way.
type visit struct {
	*node
	asks    runner.Request
	is      runner.Result
	model   *work // nil: the node does not have it
	holding *holding
	at      time.Duration // when the last phase ended
	first   time.Duration // that the first packet took to the node
	rest    time.Duration // still to be computed after what is being computed
}

// run takes the visit through its phases, each beginning where the last ended.
func (v *visit) run() {
	v.is.Sent = v.now()
	connected := v.warm || v.connect()
	v.is.Sent = v.now()
	v.at = v.is.Sent
	p := &v.is.Phases
	done := connected && v.phase(&p.Upload, v.upload()) && v.phase(&p.Queue, v.queue()) &&
		v.phase(&p.Fetch, v.fetch()) && v.phase(&p.Load, v.open()) &&
		v.phase(&p.Preprocess, v.preprocess()) && v.phase(&p.Infer, v.infer()) && v.phase(&p.Download, v.download())
	v.is.Done = v.now()
	switch {
	case done:
		v.learn()
	case v.late:
		v.forget()
		v.fail("node %s: no answer within %v", v.Name, v.asks.Timeout)
	}
}

// phase notes how long a phase took that has just ended.
func (v *visit) phase(took *time.Duration, ok bool) bool {
	*took = v.now() - v.at
	v.at += *took
	return ok
}

// fail says why there is no answer.
func (v *visit) fail(format string, args ...any) bool {
	v.is.Phases, v.is.Err = selector.Phases{}, fmt.Sprintf(format, args...)
	return false
}

// connect makes the connection to the node and asks whether it is alive, as
// control does before the first byte of a request is sent.
func (v *visit) connect() bool {
	v.conn.Connect(&v.step)
	if !v.await() {
		return false
	}
	v.conn.Send(liveRequest, &v.step)
	if !v.await() {
		return false
	}
	v.conn.Reply(liveAnswer, &v.step)
	v.warm = v.await()
	return v.warm
}

// upload sends the image.
func (v *visit) upload() bool {
	v.is.Up = unit.Bytes(len(v.asks.Image)) + requestBody
	v.first = v.travel(v.images.down, min(segment, requestHead+v.is.Up))
	v.conn.Send(requestHead+v.is.Up, &v.step)
	return v.await()
}

// queue waits for what the node still computes of requests that have timed out.
func (v *visit) queue() bool {
	if v.model == nil {
		return v.fail("%v", v.noModel(v.asks.Model))
	}
	v.holding = v.of(v.asks.Arm)
	if !v.behind {
		return true
	}
	v.behind = !v.compute(0, false)
	return !v.behind
}

// fetch gets the file of the model over a connection of its own, unless the arm
// holds it.
func (v *visit) fetch() bool {
	if file, _ := v.holding.holds(v.model); file {
		return true
	}
	v.files.Connect(&v.step)
	if !v.await() {
		return false
	}
	connected := v.now()
	v.files.Reply(fetchHead, &v.step)
	if !v.await() {
		return false
	}
	v.files.Send(fileHead+v.model.size, &v.step)
	if !v.await() {
		return false
	}
	rtt := connected - v.at
	v.rates.Add(v.asks.Arm, v.model.size, v.now()-connected-rtt, rtt, v.now())
	v.trips.Add(v.asks.Arm, rtt, v.now())
	v.is.Fetched = v.model.size
	v.holding.files = append(v.holding.files, v.model)
	v.holding.list()
	return true
}

// open opens a session of the file, unless the arm has one.
func (v *visit) open() bool {
	if _, open := v.holding.holds(v.model); open {
		return true
	}
	s, err := v.session(v.model)
	if err != nil {
		return v.fail("%v", err)
	}
	v.holding.opened(s)
	v.rest = v.model.preprocess + v.model.infer
	return v.compute(v.model.load, false)
}

func (v *visit) preprocess() bool {
	v.rest = v.model.infer
	return v.compute(v.model.preprocess, false)
}

// infer runs the model. Each inference of an arm on a node draws how long it
// takes by itself, as real ones do, and those of an arm do not depend on who
// else is there.
func (v *visit) infer() bool {
	work := v.model.infer
	v.rest = 0
	if v.model.noise != nil {
		u, _ := v.load.CPU.Step(v.now() - v.zero)
		work = time.Duration(float64(work)*v.model.noise.Factor(u, v.holding.chance.NormFloat64()) + 0.5)
	}
	return v.compute(work, true)
}

// download sends the answer.
func (v *visit) download() bool {
	v.is.Down = answerBody + logit*unit.Bytes(v.world.plan.answers.classes)
	v.conn.Reply(answerHead+v.is.Down, &v.step)
	return v.await()
}

// learn has control take in what the request showed of the path.
func (v *visit) learn() {
	p := v.is.Phases
	first := min(v.first, p.Upload)
	v.way.Add(estimate.Request{Arm: v.asks.Arm, At: v.is.Done, Sent: unit.Bytes(len(v.asks.Image)), Received: v.is.Down,
		Upload: p.Upload, Download: p.Download, Trip: first + p.Download, Tail: p.Upload - first})
}

// forget leaves a request that has timed out: its transfers end, and what is
// being computed is computed to its end, and the rest of it after that.
func (v *visit) forget() {
	v.conn.Close()
	v.files.Close()
	v.warm = false
	if !v.running {
		return
	}
	v.job.Done, v.job, v.running, v.behind = nobody{}, new(sim.Job), false, true
	if v.rest > 0 {
		v.server.Do(&sim.Job{Work: v.rest, Done: nobody{}})
	}
}

// nobody waits for it.
type nobody struct{}

func (nobody) Happen() {}
