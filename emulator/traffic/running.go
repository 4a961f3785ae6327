//go:build linux

package traffic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// A Running is traffic that is being sent. Its methods may be called from any
// goroutine.
type Running struct {
	options          Options
	receiver, sender *end

	mu      sync.Mutex
	account *account
	stopped bool
}

// startTimeout and stopTimeout are some hundred times what it takes.
const (
	startTimeout = 20 * time.Second
	stopTimeout  = 10 * time.Second
)

// Start starts both processes, the receiver first. It returns when datagrams
// are being sent, or a connection is being opened; nothing is left of it on an
// error.
func Start(ctx context.Context, o Options) (*Running, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &Running{options: o}
	if err := r.start(ctx); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	return r, nil
}

func (r *Running) start(ctx context.Context) error {
	o := r.options
	var err error
	if r.receiver, err = r.begin("receiver", o.Receiver, argReceive, receiveOrder{byTCP(o.Traffic)}, r.arrived); err != nil {
		return err
	}
	var at listening
	if err := r.receiver.await(ctx, &at); err != nil {
		return err
	}
	order := sendOrder{Traffic: o.Traffic, To: net.JoinHostPort(o.Addr, strconv.Itoa(at.Port)), Origin: clock()}
	if r.sender, err = r.begin("sender", o.Sender, argSend, order, nil); err != nil {
		return err
	}
	if err := r.sender.await(ctx, &begun{}); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.receiver.exited: // while nobody was to be told
		return r.receiver.err
	default:
	}
	r.account = newAccount(o.Traffic, clock(), order.Origin)
	return nil
}

// arrived takes what the receiver says.
func (r *Running) arrived(line []byte) error {
	var news arrived
	if err := json.Unmarshal(line, &news); err != nil {
		return fmt.Errorf("report of the receiver: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.account != nil {
		r.account.add(news)
	}
	return nil
}

// Rewind has the traffic go on as it is when so much of the trial has passed,
// 0 or more. What a connection holds already is sent.
func (r *Running) Rewind(since time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := clock()
	r.account.rewind(now, now-since)
	return r.sender.tell(rewindOrder{now - since})
}

// Status says what is asked and what arrives.
func (r *Running) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.account.status()
}

// Stop ends both processes, and returns when they are gone.
func (r *Running) Stop() error {
	r.mu.Lock()
	r.stopped = true
	r.mu.Unlock()
	return errors.Join(r.sender.stop(), r.receiver.stop())
}
