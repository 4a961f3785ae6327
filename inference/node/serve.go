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
func Serve(conn io.ReadWriteCloser) error {
	ctx, cancel := context.WithCancel(context.Background())
	s := &service{ctx: ctx}
	server := rpc.NewServer()
	if err := server.RegisterName("Node", s); err != nil {
		cancel()
		return err
	}
	// ServeConn waits for the calls under way; these end when ctx does.
	server.ServeConn(&hangup{conn, cancel})
	cancel()
	return s.stop()
}

// A hangup calls gone once the peer has closed its end.
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

// A service is what net/rpc calls. It is one role after Start, none before.
type service struct {
	ctx context.Context // ends with the connection

	mu        sync.Mutex
	started   bool
	control   *control
	inference *inference
	closers   []func() error // in the order of opening
}

// errRole is the answer to what a node of this role does not do.
func errRole(method, role string) error {
	return fmt.Errorf("%s: this is not %s node, or it was not started", method, role)
}

// gcPercent trades memory for fewer collections: a node's heap is small, and a
// collection during a request is noise.
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
		s.closers = append(s.closers, n.close)
		d.Runtime = n.engine.Describe(n.options)
		if n.usage != nil {
			go n.usage.watch(s.ctx)
		}
		return d, s.listen(cfg, sockets, oip.NewServer(n))
	}
	return d, fmt.Errorf("role %q: want control, repository or inference", cfg.Role)
}

// listen serves h on the node's address until the node stops.
func (s *service) listen(cfg Config, sockets sockets, h http.Handler) error {
	l, err := sockets.listen(s.ctx, net.JoinHostPort(cfg.Address, strconv.Itoa(cfg.Port)))
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 30 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return s.ctx },
		ErrorLog:          log.New(io.Discard, "", 0), // what goes wrong is in the answers
	}
	s.closers = append(s.closers, server.Close)
	go server.Serve(l)
	return nil
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

// Prepare sets what the node holds for an arm.
func (s *service) Prepare(args PrepareArgs, _ *bool) error {
	n := s.asInference()
	if n == nil {
		return errRole("prepare", "an inference")
	}
	return n.prepare(s.ctx, args)
}

// Profile measures a model.
func (s *service) Profile(args ProfileArgs, p *Profile) (err error) {
	n := s.asInference()
	if n == nil {
		return errRole("profile", "an inference")
	}
	*p, err = n.profile(s.ctx, args)
	return err
}

// Status says what the node knows.
func (s *service) Status(arm string, st *Status) (err error) {
	n := s.asInference()
	if n == nil {
		return errRole("status", "an inference")
	}
	*st, err = n.status(arm)
	return err
}

// Probe measures the path to the repository.
func (s *service) Probe(args ProbeArgs, p *Probe) (err error) {
	n := s.asInference()
	if n == nil {
		return errRole("probe", "an inference")
	}
	*p, err = n.probe(s.ctx, args)
	return err
}

// Do sends one image.
func (s *service) Do(args DoArgs, r *Reply) (err error) {
	s.mu.Lock()
	c := s.control
	s.mu.Unlock()
	if c == nil {
		return errRole("do", "a control")
	}
	*r, err = c.do(s.ctx, args)
	return err
}

func (s *service) asInference() *inference {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inference
}
