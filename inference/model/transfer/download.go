// Package transfer gets one file of known size and hash over HTTP, through cuts
// of the connection and servers that lie.
//
// The libraries for this (grab, go-getter, go-retryablehttp) either do not
// resume within a file handle, or resume without If-Range and hash the file in
// a second pass, or hand out bytes before they are verified.
package transfer

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"
)

// A Download is one file to get.
type Download struct {
	Client *http.Client // nil: http.DefaultClient, which honours the proxies of the environment
	URL    string       // http or https
	Header http.Header  // sent with each request; nil: nothing more

	SHA256 string // of the whole file, 64 hex digits
	Bytes  int64  // how long the whole file is

	// ETag is that of the response that the bytes already in the file are of;
	// empty: not known. It saves a server's wrong bytes from being fetched
	// twice; what is right is decided by SHA256 alone.
	ETag string

	// Attempts is how many requests in a row may bring less than 64 KiB
	// before To gives up; 0: 6.
	Attempts int
	Wait     time.Duration // before the second attempt, doubled for each after it, up to 30 s; 0: 500 ms
	Idle     time.Duration // without a byte, after which a connection counts as cut; 0: 30 s

	// Progress, unless nil, is called with how many bytes of total are there,
	// now and then, and by one goroutine at a time.
	Progress func(done, total int64)
}

// A Result is what a download took.
type Result struct {
	Bytes    int64         // of bodies that came over the wire, those thrown away included
	Kept     int64         // of the file, there before and used
	Resumed  int           // how often a request went on where another had ended
	Attempts int           // requests that were sent
	Took     time.Duration // from the first byte of a body to the last, waits and other requests left out
	ETag     string        // of the last response
}

// errFile is the error of the file that is written to, which no server can mend.
var errFile = errors.New("file")

// To gets the file into f, from its start, and returns no error only if f then
// holds exactly Bytes bytes that hash to SHA256. What f holds at first is taken
// for the beginning of the file, and is fetched anew if it proves not to be.
// After an error f holds either the beginning of the file, for another To to go
// on from, or nothing: bytes that were seen to be wrong are not left there. f
// must be open to read and write and not to append; it is not synced.
func (d Download) To(ctx context.Context, f *os.File) (Result, error) {
	if err := d.check(); err != nil {
		return Result{}, err
	}
	t := transfer{Download: d.filled(), file: f}
	err := t.run(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", d.URL, err)
	}
	return t.result, err
}

func (d Download) check() error {
	if raw, err := hex.DecodeString(d.SHA256); err != nil || len(raw) != 32 {
		return fmt.Errorf("%s: SHA-256 %q: want 64 hex digits", d.URL, d.SHA256)
	}
	if d.Bytes <= 0 {
		return fmt.Errorf("%s: %d bytes: want how long the file is", d.URL, d.Bytes)
	}
	return nil
}

func (d Download) filled() Download {
	if d.Client == nil {
		d.Client = http.DefaultClient
	}
	if d.Attempts == 0 {
		d.Attempts = 6
	}
	if d.Wait == 0 {
		d.Wait = 500 * time.Millisecond
	}
	if d.Idle == 0 {
		d.Idle = 30 * time.Second
	}
	if d.Progress == nil {
		d.Progress = func(int64, int64) {}
	}
	return d
}
