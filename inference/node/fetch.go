package node

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/transfer"
)

// A request waits for the fetch: what does not come after fetchAttempts, fetchWait
// apart at first and then twice as long each time, is better told than waited for.
const (
	fetchAttempts = 5
	fetchWait     = 100 * time.Millisecond
)

// A fetcher gets the files of models from the repository.
type fetcher struct {
	sockets    sockets
	repository string // host:port; empty: there is none
}

// fetch gets the file of m into f over a connection of its own, as a device
// does that asks once in a while, and over another for the rest where one is
// cut. Without an error, f holds bytes that hash to m.SHA256. It never takes
// more than m.Bytes of them, whatever the repository sends.
func (f fetcher) fetch(ctx context.Context, m model.Model, to *os.File) (sample, error) {
	dialer := &timedDialer{sockets: f.sockets}
	transport := &http.Transport{DialContext: dialer.dial, DisableKeepAlives: true, DisableCompression: true}
	defer transport.CloseIdleConnections()
	meter := &meter{transport: transport, dialer: dialer}
	_, err := transfer.Download{
		Client: &http.Client{Transport: meter},
		URL:    "http://" + f.repository + model.FilePath(url.PathEscape(m.Name)),
		SHA256: m.SHA256, Bytes: m.Bytes,
		Attempts: fetchAttempts, Wait: fetchWait,
	}.To(ctx, to)
	return meter.sample(), err
}

// A meter measures what comes over connections that are dialed one after the
// other, each for one request.
type meter struct {
	transport http.RoundTripper
	dialer    *timedDialer

	bytes  int64
	before time.Duration // of requests before this one
	took   time.Duration // of this one, to the last byte so far
}

// RoundTrip sends a request and counts the body of the answer.
func (m *meter) RoundTrip(req *http.Request) (*http.Response, error) {
	m.before, m.took = m.before+m.took, 0
	resp, err := m.transport.RoundTrip(req)
	if err == nil && resp.StatusCode/100 == 2 {
		resp.Body = &metered{resp.Body, m}
	}
	return resp, err
}

// sample is the transfer as one: what lay between two connections, when
// nothing was asked for, is not part of it.
func (m *meter) sample() sample {
	return sample{bytes: unit.Bytes(m.bytes), took: m.before + m.took, rtt: m.dialer.handshake}
}

// A sample is one transfer: how long it took from when the request was sent to
// the last byte, less one round trip, which is the handshake of a connection.
type sample struct {
	bytes unit.Bytes
	took  time.Duration
	rtt   time.Duration // of the last handshake
}

// A metered body counts what is read of it.
type metered struct {
	io.ReadCloser
	meter *meter
}

func (b *metered) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		m := b.meter
		m.bytes += int64(n)
		m.took = time.Since(m.dialer.connected) - m.dialer.handshake
	}
	return n, err
}
