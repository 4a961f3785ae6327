package devices

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/testbed/testbed/inference/model"
)

// A repository serves the models, and the probes of paths, from this process.
// What it serves is what a device asks for by name; it takes nothing but the
// bytes of a probe, and drops these.
type repository struct {
	server  *http.Server
	address string // it listens on
	port    int
	fixed   string // host:port by which devices reach it; empty: by this host's address as each sees it
}

// newRepository listens on address, [host]:port; empty: any port that is free.
func newRepository(ctx context.Context, address, reached string, models []model.Model) (*repository, error) {
	files, err := model.NewRepository(models)
	if err != nil {
		return nil, fmt.Errorf("repository: %w", err)
	}
	if address == "" {
		address = ":0"
	}
	// Keep-alives would be packets on the path that is measured.
	l, err := (&net.ListenConfig{KeepAlive: -1}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("repository: %w; choose another port by repository.listen", err)
	}
	r := &repository{address: l.Addr().String(), port: l.Addr().(*net.TCPAddr).Port, fixed: reached, server: &http.Server{
		Handler:           files,
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // what goes wrong is in the answers
	}}
	go r.server.Serve(l)
	return r, nil
}

// from is host:port by which a device reaches the repository, ours being this
// host's end of its connection to the device.
func (r *repository) from(ours net.Addr) (string, error) {
	if r.fixed != "" {
		return r.fixed, nil
	}
	tcp, ok := ours.(*net.TCPAddr)
	if !ok || tcp.Zone != "" { // a zone is a name that only this host knows
		return "", fmt.Errorf("the connection to it is from %v: want repository.address, host:port by which the node reaches this host", ours)
	}
	return net.JoinHostPort(tcp.IP.String(), strconv.Itoa(r.port)), nil
}

func (r *repository) close() error { return r.server.Close() }
