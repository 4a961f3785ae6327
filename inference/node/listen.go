package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/testbed/testbed/inference/model"
)

// ListenOptions say what a standing node is.
type ListenOptions struct {
	Address string // host:port to listen on; a host of "" is all of them
	Name    string // it calls itself; empty: the host's

	// Token is what requests must bear, all but whether the node is alive;
	// empty: none. CertFile and KeyFile, both or neither, are PEM files for TLS.
	Token             string
	CertFile, KeyFile string

	// What holds for the node's own models. While a runner has the node, its
	// Config rules, but for Library, Token and the folder of Cache, and for
	// Threads, Provider and Optimization where it leaves them open.
	Library        string // ONNX Runtime's shared library
	Models         []model.Model
	Threads        int // of one inference; 0: as many as CPUs that this process may use
	Provider       string
	Optimization   string
	Spinning       bool
	Cache          string
	QueueLimit     int
	RequestTimeout time.Duration

	Listening func(net.Addr)    // told once requests are taken; nil: nobody is
	Warn      func(text string) // told what a person should know; nil: nobody is
}

// stopGrace is how long a standing node that is to end goes on answering what
// is under way.
const stopGrace = 30 * time.Second

// Listen is a node that stands by itself, until ctx ends: it serves its models
// by the Open Inference Protocol, each opened when it is first asked for, and a
// runner may take it over (DialNode). What the runner started ends with its
// connection, and the node's own models are back. When ctx ends, Listen takes
// no more requests, answers those under way, and returns nil.
func Listen(ctx context.Context, o ListenOptions) (err error) {
	if err := o.fill(); err != nil {
		return err
	}
	st, err := newStanding(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.alone.close()) }()
	l, err := o.listen(ctx)
	if err != nil {
		return err
	}
	for _, text := range o.warnings(l.Addr()) {
		o.Warn(text)
	}
	requests, end := context.WithCancel(context.Background())
	defer end()
	server := newHTTPServer(requests, st)
	server.IdleTimeout, server.ReadTimeout = 5*time.Minute, 10*time.Minute
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	o.Listening(l.Addr())
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	grace, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	err = errors.Join(err, server.Shutdown(grace)) // which is that the time was too short
	st.stop()
	return errors.Join(err, server.Close())
}

// fill puts in what was left open, and checks the rest.
func (o *ListenOptions) fill() error {
	if (o.CertFile == "") != (o.KeyFile == "") {
		return errors.New("TLS: want both a certificate and a key, or neither")
	}
	if o.Name == "" {
		o.Name, _ = os.Hostname() // it may have none
	}
	if o.Listening == nil {
		o.Listening = func(net.Addr) {}
	}
	if o.Warn == nil {
		o.Warn = func(string) {}
	}
	return nil
}

func (o ListenOptions) listen(ctx context.Context) (net.Listener, error) {
	var config *tls.Config
	if o.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("TLS: %s and %s: %w", o.CertFile, o.KeyFile, err)
		}
		// The control connection is an upgrade, which HTTP/2 does not have.
		config = &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	}
	// A runner whose host is gone says nothing; its node should not stay taken.
	lc := net.ListenConfig{KeepAliveConfig: keepAlive, Control: giveUp}
	l, err := lc.Listen(ctx, "tcp", o.Address)
	if err != nil || config == nil {
		return l, err
	}
	return tls.NewListener(l, config), nil
}

// goneAfter is how long a host may say nothing at all before it is taken for
// gone: keepAlive finds that where nothing is being sent, giveUp where
// something is that is not acknowledged, which TCP would try for a quarter of an hour.
const goneAfter = 30 * time.Second

var keepAlive = net.KeepAliveConfig{Enable: true, Idle: goneAfter / 3, Interval: goneAfter / 6, Count: 4}

// warnings say who can do what, listening on this address.
func (o ListenOptions) warnings(at net.Addr) []string {
	tcp, ok := at.(*net.TCPAddr)
	switch {
	case ok && tcp.IP.IsLoopback():
	case o.Token == "":
		return []string{fmt.Sprintf("%v can be reached from beyond this host, and no token is asked for: whoever reaches it can have it load models and use its CPUs", at)}
	case o.CertFile == "":
		return []string{fmt.Sprintf("%v is without TLS: the token can be read on the way", at)}
	}
	return nil
}

// config is what holds for the node's own models.
func (o ListenOptions) config() Config {
	return Config{
		Name: o.Name, Role: "inference", Library: o.Library, Models: o.Models,
		Threads: o.Threads, Provider: o.Provider, Optimization: o.Optimization, Spinning: o.Spinning, Cache: o.Cache,
		QueueLimit: o.QueueLimit, RequestTimeout: o.RequestTimeout, Token: o.Token,
	}
}

// here is what holds of a runner's Config on this machine, where files are
// others than on the runner's.
func (o ListenOptions) here(cfg Config) (Config, error) {
	if cfg.Role != "inference" {
		return cfg, fmt.Errorf("role %q: a standing node can be inference only", cfg.Role)
	}
	cfg.Library, cfg.Token = o.Library, o.Token
	if cfg.Threads == 0 {
		cfg.Threads = o.Threads
	}
	if cfg.Provider == "" {
		cfg.Provider = o.Provider
	}
	if cfg.Optimization == "" {
		cfg.Optimization = o.Optimization
	}
	if cfg.Cache != "" {
		if o.Cache == "" {
			return cfg, errors.New("cache: this node keeps no optimised models: it was started without a folder for them")
		}
		cfg.Cache = o.Cache
	}
	own := make(map[string]string, len(o.Models))
	for _, m := range o.Models {
		own[m.SHA256] = m.File
	}
	models := make([]model.Model, len(cfg.Models))
	for i, m := range cfg.Models {
		models[i] = m
		models[i].File = own[m.SHA256]
	}
	cfg.Models = models
	return cfg, nil
}
