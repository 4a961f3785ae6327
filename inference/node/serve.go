package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/rpc"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/oip"
)

// Serve is a node: it does what the Client at the other end of conn says until
// that hangs up, then stops all that it started and returns. It closes conn.
func Serve(conn io.ReadWriteCloser) error { return serve(conn, ownPort{}) }

func serve(conn io.ReadWriteCloser, p place) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := &service{ctx: ctx, place: p}
	server := rpc.NewServer()
	if err := server.RegisterName("Node", s); err != nil {
		return err
	}
	// ServeConn waits for the calls under way; these end when ctx does.
	server.ServeConn(&hangup{bound(conn), cancel})
	cancel()
	return s.stop()
}

// A hangup calls gone once the peer has closed its end, or says what it must not.
type hangup struct {
	io.ReadWriteCloser
	gone func()
}

func (h *hangup) Read(p []byte) (int, error) {
	n, err := h.ReadWriteCloser.Read(p)
	if err != nil {
		h.gone()
	}
	return n, err
}

// A place is where a node serves.
type place interface {
	// settle makes of what a runner says what holds here, and makes room for
	// it; undo is called once it is over, if there was no error.
	settle(ctx context.Context, cfg Config) (here Config, undo func() error, err error)

	// listen has h answer requests until stop is called.
	listen(ctx context.Context, cfg Config, s sockets, h http.Handler) (stop func() error, err error)
}

// ownPort is the place of a node that is nobody's before it is started: the
// address and the port of its Config.
type ownPort struct{}

func (ownPort) settle(_ context.Context, cfg Config) (Config, func() error, error) {
	return cfg, func() error { return nil }, nil
}

func (ownPort) listen(ctx context.Context, cfg Config, sockets sockets, h http.Handler) (func() error, error) {
	l, err := sockets.listen(ctx, net.JoinHostPort(cfg.Address, strconv.Itoa(cfg.Port)))
	if err != nil {
		return nil, err
	}
	if h, err = withProbes(h); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	server := newHTTPServer(ctx, h)
	go server.Serve(l)
	return server.Close, nil
}

// probesPath is below what a node of an emulated network answers probes by, so
// that control can measure the way to it.
const probesPath = "/testbed"

// withProbes is h, and answers to probes.
func withProbes(h http.Handler) (http.Handler, error) {
	probes, err := model.NewRepository(nil)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(probesPath+"/", http.StripPrefix(probesPath, probes))
	mux.Handle("/", h)
	return mux, nil
}

// newHTTPServer returns a server whose requests end with ctx.
func newHTTPServer(ctx context.Context, h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 30 * time.Second,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          log.New(io.Discard, "", 0), // what goes wrong is in the answers
	}
}

// A service is what net/rpc calls. It is one role after Start, none before.
type service struct {
	ctx   context.Context // ends with the connection
	place place

	mu        sync.Mutex
	started   bool
	control   *control
	inference *inference
	closers   []func() error // in the order of opening

	background background
}

// errRole is the answer to what a node of this role does not do.
func errRole(method, role string) error {
	return fmt.Errorf("%s: this is not %s node, or it was not started", method, role)
}

// gcPercent trades memory for fewer collections: a node's heap is small, for
// files of models are not in it, and a collection during a request is noise.
const gcPercent = 400

// Start makes the node what cfg says.
func (s *service) Start(cfg Config, d *Description) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return errors.New("start: the node was started already")
	}
	s.started = true
	debug.SetGCPercent(gcPercent)
	described, err := s.start(cfg)
	if err != nil {
		return fmt.Errorf("node %s: %w", cfg.Name, err)
	}
	*d = described
	return nil
}

func (s *service) start(cfg Config) (Description, error) {
	cfg, undo, err := s.place.settle(s.ctx, cfg)
	if err != nil {
		return Description{}, err
	}
	s.closers = append(s.closers, undo)
	sockets, warnings := newSockets(cfg.Congestion)
	d := describe(cfg, sockets, warnings)
	switch cfg.Role {
	case "control":
		s.control = newControl(sockets)
		s.closers = append(s.closers, s.control.close)
		return d, nil
	case "repository":
		r, err := model.NewRepository(cfg.Models)
		if err != nil {
			return d, err
		}
		return d, s.listen(cfg, sockets, r)
	case "inference":
		n, err := newInference(cfg, sockets, d.CPUs)
		if err != nil {
			return d, err
		}
		s.inference = n
		s.closers = append(s.closers, n.close, s.background.end)
		n.describe(&d)
		return d, s.listen(cfg, sockets, newServer(n, cfg.Token))
	}
	return d, fmt.Errorf("role %q: want control, repository or inference", cfg.Role)
}

func newServer(n *inference, token string) *oip.Server {
	server := oip.NewServer(n)
	server.Token = token
	return server
}

// listen serves h until the node stops.
func (s *service) listen(cfg Config, sockets sockets, h http.Handler) error {
	stop, err := s.place.listen(s.ctx, cfg, sockets, h)
	if err == nil {
		s.closers = append(s.closers, stop)
	}
	return err
}

func (s *service) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for i := len(s.closers) - 1; i >= 0; i-- {
		errs = append(errs, s.closers[i]())
	}
	s.closers = nil
	return errors.Join(errs...)
}
