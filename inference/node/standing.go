package node

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A standing node answers for its own models, or for a runner that has taken
// it over. It is the place where that runner's node serves.
type standing struct {
	o     ListenOptions
	alone *inference   // of its own models
	own   http.Handler // of alone
	now   atomic.Value // of handler: what answers

	taken chan struct{} // holds one element while a runner has the node

	mu       sync.Mutex
	stopping bool
	runner   net.Conn // nil: none
	runners  sync.WaitGroup
}

// A handler is what atomic.Value holds: the same type each time.
type handler struct{ http.Handler }

func newStanding(o ListenOptions) (*standing, error) {
	cpus, err := affinity()
	if err != nil {
		cpus = nil // its use of the CPUs is then not known, but who asks is told
	}
	n, err := newInference(o.config(), sockets{}, cpus)
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", o.Name, err)
	}
	st := &standing{o: o, alone: n, own: newServer(n, o.Token), taken: make(chan struct{}, 1)}
	st.now.Store(handler{st.own})
	return st, nil
}

// ServeHTTP answers a request, or gives the node to the runner that asks for it.
func (st *standing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == controlPath {
		st.control(w, r)
		return
	}
	st.now.Load().(handler).ServeHTTP(w, r)
}

// takeWait is how long a runner waits for a node that another has: that one may
// be about to hang up.
const takeWait = 2 * time.Second

// control gives the node to a runner and returns when it is back.
func (st *standing) control(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "want POST", http.StatusMethodNotAllowed)
		return
	case !authorized(r, st.o.Token):
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "the token is missing, or is not this node's", http.StatusUnauthorized)
		return
	case !strings.EqualFold(r.Header.Get("Upgrade"), controlProtocol):
		w.Header().Set("Upgrade", controlProtocol)
		http.Error(w, "want an upgrade to "+controlProtocol, http.StatusUpgradeRequired)
		return
	}
	select {
	case st.taken <- struct{}{}:
	case <-r.Context().Done():
		return
	case <-time.After(takeWait):
		http.Error(w, "another runner has this node", http.StatusConflict)
		return
	}
	defer func() { <-st.taken }()
	conn, err := st.switchProtocols(w)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if !st.attach(conn) {
		conn.Close()
		return
	}
	defer st.detach()
	if err := serve(conn, st); err != nil {
		st.o.Warn("after a runner: " + err.Error())
	}
}

// authorized reports whether a request bears the token. How long that takes
// does not depend on how much of it is right.
func authorized(r *http.Request, token string) bool {
	if token == "" {
		return true
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

// switchProtocols takes the connection of a request from the server.
func (st *standing) switchProtocols(w http.ResponseWriter) (net.Conn, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+controlProtocol+"\r\n\r\n")
	if err = errors.Join(err, conn.SetDeadline(time.Time{})); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &buffered{Conn: conn, r: rw.Reader}, nil
}

// attach notes who has the node, unless that is to end.
func (st *standing) attach(conn net.Conn) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.stopping {
		return false
	}
	st.runner = conn
	st.runners.Add(1)
	return true
}

func (st *standing) detach() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.runner = nil
	st.runners.Done()
}

// stop hangs up on a runner and returns when what it started has ended.
func (st *standing) stop() {
	st.mu.Lock()
	st.stopping = true
	if st.runner != nil {
		st.runner.Close()
	}
	st.mu.Unlock()
	st.runners.Wait()
}

// settle implements place: the node's own models leave the memory and the CPUs
// to the runner's.
func (st *standing) settle(ctx context.Context, cfg Config) (Config, func() error, error) {
	cfg, err := st.o.here(cfg)
	if err != nil {
		return cfg, nil, err
	}
	loaded, err := st.alone.vacate(ctx)
	if err != nil {
		return cfg, nil, err
	}
	return cfg, func() error { return st.back(loaded) }, nil
}

// back has the node answer for its own models again. Those that were loaded are
// loaded, in a while.
func (st *standing) back(loaded []string) error {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.stopping {
		return nil
	}
	st.alone.door.open()
	go func() {
		for _, name := range loaded {
			st.alone.Load(st.alone.life, name) // whoever asks for it is told what is wrong
		}
	}()
	return nil
}

// listen implements place.
func (st *standing) listen(_ context.Context, _ Config, _ sockets, h http.Handler) (func() error, error) {
	st.now.Store(handler{h})
	return func() error {
		st.now.Store(handler{st.own})
		return nil
	}, nil
}

// vacate answers the requests that are there, lets no more in, and frees what
// all arms hold. It returns what had been loaded for anybody.
func (n *inference) vacate(ctx context.Context) (loaded []string, err error) {
	if err := n.door.shut(ctx); err != nil {
		n.door.open()
		return nil, err
	}
	if err := n.enter(ctx); err != nil {
		n.door.open()
		return nil, err
	}
	defer n.endTurn()
	n.mu.Lock()
	_, loaded = n.arms[anybody].names()
	n.mu.Unlock()
	return loaded, n.releaseAll()
}
