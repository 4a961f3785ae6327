package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/clock"
	"github.com/testbed/testbed/inference/model"
)

// A prober measures the path to what answers probes over one connection.
type prober struct {
	base string
	http http.Client
}

// probe measures the path to the repository: round trips first, while it is idle,
// then the transfer towards the node, then the one from it.
func (n *inference) probe(ctx context.Context, args ProbeArgs) (Probe, error) {
	n.remember(args, Probe{})
	p, err := probe(ctx, n.files.fetcher.sockets, n.files.fetcher.repository, args)
	if err == nil {
		n.remember(args, p)
	}
	return p, err
}

// remember makes what a probe found, 0 if nothing, all that the node knows of
// what it measured.
func (n *inference) remember(args ProbeArgs, p Probe) {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := clock.Now()
	if args.DownBytes > 0 {
		n.rates.Probed(unit.BitRate(p.DownBps), now)
	}
	if args.Pings > 0 {
		n.trips.Probed(p.RTTMin, now)
	}
}

// probe measures the path to the inference node at args.Address.
func (c *control) probe(ctx context.Context, args ProbeArgs) (Probe, error) {
	return probe(ctx, c.sockets, args.Address+probesPath, args)
}

// probe measures the path to what answers probes at base, host:port and a path.
func probe(ctx context.Context, s sockets, base string, args ProbeArgs) (Probe, error) {
	if min(args.DownBytes, args.UpBytes, int64(args.Pings)) < 0 || max(args.DownBytes, args.UpBytes) > model.MaxProbe {
		return Probe{}, fmt.Errorf("probe: %+v: want sizes of 0 to %d, and at least 0 pings", args, model.MaxProbe)
	}
	transport := &http.Transport{DialContext: s.dial, DisableCompression: true, MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	p := prober{base: "http://" + base, http: http.Client{Transport: transport}}
	result, err := p.measure(ctx, args)
	if err != nil {
		return Probe{}, fmt.Errorf("probe: %w", err)
	}
	return result, nil
}

func (p *prober) measure(ctx context.Context, args ProbeArgs) (r Probe, err error) {
	if args.Pings > 0 {
		if r.RTT, r.RTTMin, err = p.ping(ctx, args.Pings); err != nil {
			return r, err
		}
	}
	if args.DownBytes > 0 {
		a, err := p.receive(ctx, args.DownBytes)
		if err != nil {
			return r, err
		}
		r.DownBps, r.DownHalf, r.DownLast = int64(a.Rate()), a.Half, a.Last
	}
	if args.UpBytes > 0 {
		a, err := p.send(ctx, args.UpBytes)
		if err != nil {
			return r, err
		}
		r.UpBps, r.UpHalf, r.UpLast = int64(a.Rate()), a.Half, a.Last
	}
	return r, nil
}

// ping times n exchanges of a few bytes, after one that opens the connection.
func (p *prober) ping(ctx context.Context, n int) (median, least time.Duration, err error) {
	trips := make([]time.Duration, 0, n)
	for i := range n + 1 {
		start := clock.Now()
		body, err := p.do(ctx, http.MethodGet, "/ping", nil, 0)
		if err != nil {
			return 0, 0, err
		}
		if i > 0 {
			trips = append(trips, clock.Now()-start)
		}
		body.Close()
	}
	return medianOf(trips), slices.Min(trips), nil
}

func (p *prober) receive(ctx context.Context, n int64) (model.Arrival, error) {
	body, err := p.do(ctx, http.MethodGet, fmt.Sprintf("/probe?bytes=%d", n), nil, 0)
	if err != nil {
		return model.Arrival{}, err
	}
	defer body.Close()
	a, err := model.Receive(body, n)
	if err == nil && a.Bytes != n {
		err = fmt.Errorf("%d bytes came: want %d", a.Bytes, n)
	}
	return a, err
}

func (p *prober) send(ctx context.Context, n int64) (a model.Arrival, err error) {
	body, err := p.do(ctx, http.MethodPost, "/probe", io.LimitReader(model.Payload(), n), n)
	if err != nil {
		return a, err
	}
	defer body.Close()
	err = json.NewDecoder(io.LimitReader(body, 4096)).Decode(&a)
	if err == nil && a.Bytes != n {
		err = fmt.Errorf("%d bytes arrived: want %d", a.Bytes, n)
	}
	return a, err
}

// do sends a request with a body of n bytes and returns that of the answer,
// which the caller closes.
func (p *prober) do(ctx context.Context, method, path string, payload io.Reader, n int64) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, method, p.base+path, payload)
	if err != nil {
		return nil, err
	}
	req.ContentLength = n
	resp, err := p.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	return resp.Body, nil
}

// medianOf returns the middle of ds, the lower one of two; 0 of none. It sorts
// ds.
func medianOf(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	slices.Sort(ds)
	return ds[(len(ds)-1)/2]
}
