package profiling

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
)

// RemoteOptions say which node on another machine to measure.
type RemoteOptions struct {
	Dial   node.DialOptions
	Models []model.Model // sent to the node where it does not have them

	// Repository is where this machine offers them to the node, host:port; a
	// port of 0 is any. Empty: the address by which the node is reached.
	Repository string

	Provider string // of the runtime; empty: the node's own
}

// A Remote is a node of another machine, which listens.
type Remote struct {
	client     *node.Client
	about      node.Description
	repository *http.Server
}

var _ Node = (*Remote)(nil)

// OpenRemote takes a node over. It is given back by Close.
func OpenRemote(ctx context.Context, o RemoteOptions) (*Remote, error) {
	files, err := model.NewRepository(o.Models)
	if err != nil {
		return nil, err
	}
	client, err := node.DialNode(ctx, o.Dial)
	if err != nil {
		return nil, err
	}
	r := &Remote{client: client}
	address, err := r.offer(files, o.Repository)
	if err == nil {
		r.about, err = client.Start(ctx, node.Config{Name: "device", Role: "inference",
			Models: o.Models, Repository: address, Provider: o.Provider})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("node %s: %w", o.Dial.URL, err), r.Close())
	}
	return r, nil
}

// offer serves files to the node, and says where.
func (r *Remote) offer(files http.Handler, address string) (string, error) {
	if address == "" {
		host, _, err := net.SplitHostPort(r.client.LocalAddr().String())
		if err != nil {
			return "", fmt.Errorf("the address by which it is reached: %w", err)
		}
		address = net.JoinHostPort(host, "0")
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("offer models: %w", err)
	}
	r.repository = &http.Server{Handler: files, ReadHeaderTimeout: 30 * time.Second}
	go r.repository.Serve(l)
	return l.Addr().String(), nil
}

// Describe implements Node.
func (r *Remote) Describe() node.Description { return r.about }

// Measure implements Node.
func (r *Remote) Measure(ctx context.Context, args node.MeasureArgs) (node.Measured, error) {
	return r.client.Measure(ctx, args)
}

// SetLoad implements Node.
func (r *Remote) SetLoad(ctx context.Context, share float64) error {
	return r.client.SetLoad(ctx, ofCPUs(share), 0)
}

// Close gives the node back: it has no load and no session of ours any more.
func (r *Remote) Close() error {
	err := r.client.Close()
	if r.repository != nil {
		err = errors.Join(err, r.repository.Close())
	}
	return err
}
