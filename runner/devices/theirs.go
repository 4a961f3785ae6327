package devices

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/oip"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/selector"
)

// A theirs is a server of the Open Inference Protocol that is not ours, as it
// stands: nothing is asked of it but to answer, and to load what it has.
type theirs struct {
	client     *oip.Client
	pulse      *oip.Client // to ask whether it is there, over a connection of its own
	image      []byte      // to profile on
	node       Node
	models     []model.Model
	statistics bool // it has them
	loaded     []string
	least      time.Duration // round trip of the trial that was entered last
	probed     time.Duration // when that was measured
	shared     int           // requests since, whose time its statistics do not tell apart from that of others
	input      []float32     // of the last image that was prepared here
}

// openPlain looks at a server and has it load the models that it does not have
// ready.
func openPlain(ctx context.Context, t target, o Options) (device, []string, error) {
	at := oip.Target{URL: t.url, Token: t.token, TLS: t.tls}
	client, err := oip.NewClient(at)
	if err != nil {
		return nil, nil, err
	}
	pulse, err := oip.NewClient(at)
	if err != nil {
		return nil, nil, err
	}
	d := &theirs{client: client, pulse: pulse, image: o.Image, models: o.Models, node: Node{Address: t.url, Protocol: plain}}
	warnings, err := d.look(ctx)
	if err != nil {
		return nil, nil, errors.Join(err, d.close())
	}
	return d, warnings, nil
}

func (d *theirs) look(ctx context.Context) ([]string, error) {
	if err := d.answers(ctx); err != nil {
		return nil, err
	}
	server, err := d.client.ServerMetadata(ctx)
	if err != nil {
		return nil, fmt.Errorf("what it is: %w", err)
	}
	d.node.Server, d.node.Version, d.node.Extensions = server.Name, server.Version, server.Extensions
	d.statistics = true
	warnings := []string{"it does not tell its utilization, nor the rate of the path to it: selectors see none"}
	for _, m := range d.models {
		if err := d.ready(ctx, m.Name); err != nil {
			return nil, fmt.Errorf("model %s: %w", m.Name, err)
		}
		takes, err := d.takes(ctx, m)
		if err != nil {
			return nil, fmt.Errorf("model %s: %w", m.Name, err)
		}
		d.node.Models = append(d.node.Models, takes)
		if _, err := d.client.Statistics(ctx, m.Name); err != nil {
			d.statistics = false
		}
	}
	return append(warnings, d.unsplit()...), nil
}

// unsplit says which phases are not what they are called.
func (d *theirs) unsplit() (warnings []string) {
	if slices.ContainsFunc(d.node.Models, func(m Input) bool { return m.Takes == takesTensor }) {
		warnings = append(warnings, "it takes no image file: images are decoded and prepared here, on this machine, and that is the phase preprocess")
	}
	if d.statistics {
		return append(warnings, "upload is what its statistics leave of the time until it answers: it contains the network's round trip")
	}
	return append(warnings, "it has no statistics: infer is all of the time until it answers, and contains queue, preprocessing and the network's round trip")
}

// ready has the server load a model that is not ready.
func (d *theirs) ready(ctx context.Context, name string) error {
	not := d.client.ModelReady(ctx, name)
	if not == nil {
		return nil
	}
	if err := d.client.Load(ctx, name); err != nil {
		return fmt.Errorf("it is not ready (%w), and cannot be loaded: %w", not, err)
	}
	return d.client.ModelReady(ctx, name)
}

// What a model takes.
const (
	takesFile   = "image file"
	takesTensor = "tensor"
)

// takes finds out how a model takes images, and whether ours fit.
func (d *theirs) takes(ctx context.Context, m model.Model) (Input, error) {
	s, err := d.client.Signature(ctx, m.Name)
	if err != nil {
		return Input{}, err
	}
	if s.Image != "" {
		return Input{Model: m.Name, Input: s.Image, Takes: takesFile}, nil
	}
	for _, side := range s.Shape[max(0, len(s.Shape)-2):] {
		if side > 0 && side != int64(m.Recipe.Size) {
			return Input{}, fmt.Errorf("input %s takes images of %d pixels: want %d, as its recipe says", s.Tensor, side, m.Recipe.Size)
		}
	}
	return Input{Model: m.Name, Input: s.Tensor, Takes: takesTensor}, nil
}

func (d *theirs) describe() Node { return d.node }

// answers returns an error unless the server is there.
func (d *theirs) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, silence, errSilent)
	defer cancel()
	return silent(ctx, d.pulse.Live(ctx))
}

func (d *theirs) setLoad(_ context.Context, l emulator.Load) error {
	if !l.IsZero() {
		return errors.New("nobody there makes load: want none on a node of protocol oip")
	}
	return nil
}

func (d *theirs) prepare(ctx context.Context, _ string, models []string) error {
	if len(models) == 0 {
		return errors.New("a server of protocol oip keeps its models as it likes: it cannot be made to hold none")
	}
	for _, name := range models {
		if err := d.ready(ctx, name); err != nil {
			return fmt.Errorf("model %s: %w", name, err)
		}
	}
	d.loaded = slices.Sorted(slices.Values(models))
	return nil
}

// enter times exchanges of a few bytes, after one that opens the connection.
func (d *theirs) enter(ctx context.Context) (record.Check, error) {
	trips := make([]time.Duration, 0, pings)
	for i := range pings + 1 {
		start := clock.Now()
		if err := d.exchange(ctx); err != nil {
			return record.Check{}, fmt.Errorf("probe of its round trip: %w", err)
		}
		if i > 0 {
			trips = append(trips, clock.Now()-start)
		}
	}
	reason := "as it is; nobody there takes part in probes of its rate"
	if d.shared > 0 {
		reason += fmt.Sprintf("; before this trial, %d requests met others that the server answered: their split is not known, and their time is all infer", d.shared)
	}
	d.least, d.probed, d.shared = slices.Min(trips), clock.Now(), 0
	return record.Check{Reason: reason, Probes: 1, RTT: median(trips)}, nil
}

func (d *theirs) exchange(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, silence, errSilent)
	defer cancel()
	return silent(ctx, d.client.Live(ctx))
}

// silent says that the time ran out, if that is behind err.
func silent(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); err != nil && errors.Is(cause, errSilent) {
		return cause
	}
	return err
}

func (d *theirs) observe(context.Context, string) (selector.Device, error) {
	return selector.Device{RTT: d.least, Held: d.loaded, Loaded: d.loaded, Ages: selector.Ages{RTT: clock.Now() - d.probed}}, nil
}

// telemetry is nil: such a server tells nothing of its machine.
func (d *theirs) telemetry(context.Context) (*record.Telemetry, error) { return nil, nil }

func (d *theirs) close() error {
	d.client.Close()
	d.pulse.Close()
	return nil
}

// median is the middle of ds, the lower one of two. It sorts ds.
func median(ds []time.Duration) time.Duration {
	slices.Sort(ds)
	return ds[(len(ds)-1)/2]
}
