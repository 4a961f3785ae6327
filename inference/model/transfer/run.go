package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

const (
	enough  = 64 << 10 // bytes that make an attempt count as progress
	longest = 30 * time.Second
)

// A transfer is a download under way.
type transfer struct {
	Download
	file *os.File

	done  int64     // bytes of file that are hashed
	hash  hash.Hash // of those
	etag  string    // of the response that they are of; empty: not known, or several
	most  int64     // that done ever was
	mixed bool      // they are of several responses, or of an earlier run
	whole bool      // the server's ranges are not to be trusted: ask for everything

	result Result
}

// errLittle is the error of a server that sends the file in crumbs.
var errLittle = errors.New("too little came of each")

// A permanent error is one that another request would not mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

func final(format string, args ...any) error { return permanent{fmt.Errorf(format, args...)} }

// A delayed error is one after which the server asks to be left alone.
type delayed struct {
	error
	wait time.Duration
}

func (t *transfer) run(ctx context.Context) error {
	if err := t.takeUp(ctx); err != nil {
		return err
	}
	poor := 0 // attempts in a row that brought little
	for {
		if t.done == t.Bytes {
			err := t.verify()
			if err == nil || !t.mixed {
				return err
			}
			if err := t.restart(); err != nil { // the parts do not belong together
				return err
			}
		}
		err := t.attempt(ctx)
		if t.done == t.Bytes {
			continue
		}
		if stop := (permanent{}); errors.As(err, &stop) || ctx.Err() != nil {
			return firstOf(ctx.Err(), err)
		}
		if poor++; t.done-t.most >= enough {
			poor = 0
		}
		t.most = max(t.most, t.done)
		if err == nil && poor < t.Attempts {
			continue // a part, as the server likes
		}
		if poor >= t.Attempts {
			return fmt.Errorf("%d attempts, %d of %d bytes: %w", t.result.Attempts, t.done, t.Bytes, firstOf(err, errLittle))
		}
		if err := pause(ctx, t.backoff(poor, err)); err != nil {
			return err
		}
	}
}

// takeUp hashes what the file holds already.
func (t *transfer) takeUp(ctx context.Context) error {
	info, err := t.file.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", errFile, err)
	}
	t.hash, t.etag = sha256.New(), t.ETag
	if info.Size() > t.Bytes {
		return t.restart()
	}
	n, err := io.Copy(t.hash, contextReader{ctx, io.NewSectionReader(t.file, 0, info.Size())})
	if err != nil {
		return err
	}
	t.done, t.most, t.result.Kept, t.mixed = n, n, n, n > 0
	return nil
}

// restart forgets what is there.
func (t *transfer) restart() error {
	if err := t.file.Truncate(0); err != nil {
		return permanent{fmt.Errorf("%w: %w", errFile, err)}
	}
	t.hash.Reset()
	t.done, t.etag, t.mixed, t.result.Kept = 0, "", false, 0
	return nil
}

// verify compares the hash of what is there, and leaves nothing of what is
// wrong.
func (t *transfer) verify() error {
	sum := hex.EncodeToString(t.hash.Sum(nil))
	if sum == strings.ToLower(t.SHA256) {
		return nil
	}
	if !t.mixed {
		if err := t.restart(); err != nil {
			return err
		}
	}
	return final("SHA-256 is %s: want %s", sum, t.SHA256)
}

// backoff is how long to wait after the n-th poor attempt: with half of it
// drawn, so that many nodes that lost one server do not come back at once.
func (t *transfer) backoff(n int, err error) time.Duration {
	if d := (delayed{}); errors.As(err, &d) && d.wait > 0 {
		return min(d.wait, longest)
	}
	d := min(t.Wait<<min(max(n-1, 0), 16), longest)
	return d/2 + rand.N(d/2+1)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// contextReader ends with the context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
