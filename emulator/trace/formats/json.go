package formats

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// readAll reads a file that must be read whole.
func readAll(src *source) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(src, maxBytes+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: %w", src.name, err)
	case len(data) > maxBytes:
		return nil, fmt.Errorf("%s: more than %d bytes: want a part of it", src.name, maxBytes)
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil
}

// startsWith reports whether the first of head, but for a byte order mark and
// blanks, is this.
func startsWith(head []byte, prefix string) bool {
	return bytes.HasPrefix(bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff"))), []byte(prefix))
}

// A jsonFile is JSON that is read piece by piece, so that errors have a line.
type jsonFile struct {
	*lines // for errors and for a table; it has no lines to read
	want   string
	data   []byte
	dec    *json.Decoder
	seen   int64 // bytes whose lines n counts
}

// openJSON reads src. want is what it should hold, for errors.
func openJSON(src *source, want string) (*jsonFile, error) {
	data, err := readAll(src)
	if err != nil {
		return nil, err
	}
	l := newLines(&source{src.name, bytes.NewReader(nil)})
	l.n = 1
	return &jsonFile{lines: l, want: want, data: data, dec: json.NewDecoder(bytes.NewReader(data))}, nil
}

// here sets the line to that of what was read last.
func (j *jsonFile) here() {
	to := j.dec.InputOffset()
	j.n += bytes.Count(j.data[j.seen:to], []byte("\n"))
	j.seen = to
}

// fail is an error of the decoder, about the line.
func (j *jsonFile) fail(err error) error {
	j.here()
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind):
		return j.bad(nil, "%s is a %s: want %s", kind.Field, kind.Value, j.want)
	case err == io.EOF:
		err = io.ErrUnexpectedEOF
	}
	return j.bad(nil, "%v: want %s", err, j.want)
}

// value reads the next value into v.
func (j *jsonFile) value(v any) error { return j.fail(j.dec.Decode(v)) }

// open reads the bracket with which an object or an array begins.
func (j *jsonFile) open(bracket json.Delim) error {
	token, err := j.dec.Token()
	if err == nil && token != bracket {
		j.here()
		return j.bad(nil, "want %s", j.want)
	}
	return j.fail(err)
}

// array calls each for the elements of an array; each reads one.
func (j *jsonFile) array(each func() error) error {
	if err := j.open('['); err != nil {
		return err
	}
	for j.dec.More() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := j.dec.Token()
	return j.fail(err)
}

// object calls each with the keys of an object; each reads the value.
func (j *jsonFile) object(each func(key string) error) error {
	if err := j.open('{'); err != nil {
		return err
	}
	for j.dec.More() {
		token, err := j.dec.Token()
		if err != nil {
			return j.fail(err)
		}
		key, _ := token.(string)
		if err := each(key); err != nil {
			return err
		}
	}
	_, err := j.dec.Token()
	return j.fail(err)
}

// seconds makes a time of a number of JSON. ok is false if a recording cannot
// have it.
func seconds(v float64) (t time.Duration, ok bool) {
	if !(v >= 0 && v <= trace.Longest.Seconds()) {
		return 0, false
	}
	return time.Duration(math.Round(v * 1e9)), true
}
