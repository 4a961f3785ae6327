package devices

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"time"
)

// A node that has died is known at once, by its end of the control connection.
// One whose power or network is gone says nothing at all: while something takes
// longer than patience it is asked whether it is there, and given silence to
// say so. To ask costs a packet each way, and nothing if all goes well.
const (
	patience = 5 * time.Second
	silence  = 10 * time.Second
)

// errSilent is why a context ends for want of an answer.
var errSilent = fmt.Errorf("it does not answer within %v: its machine or the network to it is down", silence)

// A goneError says how a node was lost: it is not the error of a call, but of
// all that are to come.
type goneError struct{ how error }

func (e *goneError) Error() string { return e.how.Error() }
func (e *goneError) Unwrap() error { return e.how }

// isGone says that err is because a node was lost.
func isGone(err error) bool { return errors.As(err, new(*goneError)) }

// watched is ctx for something that the node does. It ends when the node is
// found to be gone, at once if that is known.
func (d *ours) watched(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(d.life, func() { cancel(context.Cause(d.life)) })
	timer := time.NewTimer(patience)
	go func() {
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			if d.answers(ctx) != nil {
				return
			}
			timer.Reset(patience)
		}
	}()
	return ctx, func() { stop(); cancel(nil) }
}

// answers returns an error unless the node does. That it could not say how it
// is, is an answer.
func (d *ours) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, silence, errSilent)
	defer cancel()
	_, err := d.control.Status(ctx, "")
	if errors.As(err, new(rpc.ServerError)) {
		return nil
	}
	return d.why(ctx, err)
}

// why says what is behind the error of a call to the node, which was made with
// ctx, and remembers if that is the loss of it.
func (d *ours) why(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case err == nil:
		return nil
	case errors.Is(cause, errSilent):
		err = cause
	case cause != nil:
		return cause
	case errors.Is(err, rpc.ErrShutdown), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		err = fmt.Errorf("it has ended, or its machine has: %w", err)
	default:
		return err
	}
	d.end(&goneError{err}) // of several only the first counts
	return context.Cause(d.life)
}
