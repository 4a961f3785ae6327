package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ErrIdle is wrapped by the error of connections over which no more bytes came.
var ErrIdle = errors.New("no bytes came")

// attempt sends one request for what is missing and writes what comes. No
// error: all that the response promised is there.
func (t *transfer) attempt(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(t.Idle, func() { cancel(fmt.Errorf("%w in %v", ErrIdle, t.Idle)) })
	defer idle.Stop()

	resp, err := t.ask(ctx)
	if err != nil {
		return cause(ctx, err)
	}
	defer resp.Body.Close()
	upTo, err := t.accept(resp)
	if err != nil {
		return err
	}
	t.result.ETag = resp.Header.Get("ETag")
	return cause(ctx, t.receive(resp.Body, upTo, idle))
}

// cause is why the context of a failed request ended, if that is what failed it.
func cause(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (t *transfer) ask(ctx context.Context) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.URL, nil)
	if err != nil {
		return nil, permanent{err}
	}
	for name, values := range t.Header {
		req.Header[name] = values
	}
	// A transport that unpacks would count other bytes than are hashed.
	req.Header.Set("Accept-Encoding", "identity")
	if t.done > 0 && !t.whole {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", t.done))
		if strong(t.etag) {
			req.Header.Set("If-Range", t.etag)
		}
	}
	t.result.Attempts++
	return t.Client.Do(req)
}

// strong reports whether a range may be asked for by this tag: RFC 9110, 13.1.5.
func strong(etag string) bool { return strings.HasPrefix(etag, `"`) }

// accept decides what the response is of, and returns where in the file its
// body ends. An error leaves what is there as it was, or nothing.
func (t *transfer) accept(resp *http.Response) (upTo int64, err error) {
	if e := resp.Header.Get("Content-Encoding"); e != "" && e != "identity" {
		return 0, final("content encoding %q: want none", e)
	}
	switch code := resp.StatusCode; {
	case code == http.StatusOK:
		return t.acceptAll(resp)
	case code == http.StatusPartialContent:
		return t.acceptRange(resp)
	case code == http.StatusRequestedRangeNotSatisfiable && t.done > 0:
		return 0, firstOf(t.restart(), errors.New(resp.Status))
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return 0, delayed{errors.New(resp.Status), retryAfter(resp)}
	default:
		return 0, final("%s", resp.Status)
	}
}

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

// acceptAll is a response of the whole file, asked for or not.
func (t *transfer) acceptAll(resp *http.Response) (int64, error) {
	if n := resp.ContentLength; n >= 0 && n != t.Bytes {
		return 0, final("%d bytes are offered: want %d", n, t.Bytes)
	}
	if err := t.restart(); err != nil {
		return 0, err
	}
	t.etag = resp.Header.Get("ETag")
	return t.Bytes, nil
}

// acceptRange is a response of a part: that which was asked for, of the file
// that the other parts are of. For any other the whole is asked for anew.
func (t *transfer) acceptRange(resp *http.Response) (int64, error) {
	if t.done == 0 || t.whole {
		return 0, final("%s, though no range was asked for", resp.Status)
	}
	first, last, total, err := parseContentRange(resp.Header.Get("Content-Range"))
	if err != nil || first != t.done || last >= t.Bytes {
		t.whole = true
		return 0, firstOf(t.restart(), fmt.Errorf("Content-Range %q: want bytes %d-%d/%d",
			resp.Header.Get("Content-Range"), t.done, t.Bytes-1, t.Bytes))
	}
	if total >= 0 && total != t.Bytes {
		return 0, final("a part of %d bytes is offered: want one of %d", total, t.Bytes)
	}
	etag := resp.Header.Get("ETag")
	if t.etag != "" && etag != t.etag {
		return 0, firstOf(t.restart(), fmt.Errorf("the file changed on the server: ETag %s, was %s", etag, t.etag))
	}
	t.etag, t.mixed = etag, true
	t.result.Resumed++
	return last + 1, nil
}

// parseContentRange reads "bytes 5-9/10"; total is -1 for "bytes 5-9/*".
func parseContentRange(text string) (first, last, total int64, err error) {
	spec, ok := strings.CutPrefix(text, "bytes ")
	span, size, ok2 := strings.Cut(spec, "/")
	from, to, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, 0, fmt.Errorf("%q: want bytes FIRST-LAST/SIZE", text)
	}
	first, err1 := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	total, err3 := int64(-1), error(nil)
	if size != "*" {
		total, err3 = strconv.ParseInt(size, 10, 64)
	}
	if err := errors.Join(err1, err2, err3); err != nil {
		return 0, 0, 0, err
	}
	if first < 0 || last < first || total >= 0 && last >= total {
		return 0, 0, 0, fmt.Errorf("%q: want 0 <= FIRST <= LAST < SIZE", text)
	}
	return first, last, total, nil
}

// receive writes and hashes the body, which ends the file at upTo.
func (t *transfer) receive(body io.Reader, upTo int64, idle *time.Timer) error {
	buf := make([]byte, 256<<10)
	var began time.Time
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if began.IsZero() {
				began = time.Now()
			}
			idle.Reset(t.Idle)
			t.result.Bytes += int64(n)
			if t.done+int64(n) > upTo {
				return firstOf(t.restart(), final("more bytes came than the %d of the file", t.Bytes))
			}
			if err := t.write(buf[:n]); err != nil {
				return err
			}
		}
		if err != nil {
			if !began.IsZero() {
				t.result.Took += time.Since(began)
			}
			if err == io.EOF && t.done == upTo {
				return nil
			}
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return fmt.Errorf("cut after %d of %d bytes: %w", t.done, t.Bytes, err)
		}
	}
}

func (t *transfer) write(p []byte) error {
	if _, err := t.file.WriteAt(p, t.done); err != nil {
		return permanent{fmt.Errorf("%w: %w", errFile, err)}
	}
	t.hash.Write(p)
	t.done += int64(len(p))
	t.Progress(t.done, t.Bytes)
	return nil
}
