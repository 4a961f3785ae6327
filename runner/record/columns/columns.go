// Package columns writes the requests of a run as a table of typed columns, in
// the Parquet format, which pandas, DuckDB and others read as it stands. It is
// the same as requests.jsonl, but what a table does not bear: of a batch it has
// how many images were answered and how many rightly, of an option of two parts
// how many ran.
package columns

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/testbed/testbed/runner/record"
)

// File is the name of the table in a run directory.
const File = "requests.parquet"

// Rows are handed on in chunks, and a row group is a whole number of them: so
// many rows are held at most, while a reader skips those that it does not want.
const (
	chunkRows = 2048
	groupRows = 32 * chunkRows
)

// mostWords bounds the dictionary of a column of text, in bytes, beyond which
// its values are written as they are.
const mostWords = 1 << 20

// A Table is being written. The same requests give the same bytes.
type Table struct {
	columns []column
	file    *os.File // until all is written, beside where it is to be
	path    string
	writer  *parquet.Writer
	begun   bool
	chunk   []record.Request // rows that are not handed on yet
	full    chan []record.Request
	free    chan []record.Request
	done    chan error
}

// Create begins the table of the run with that header in dir. It must be closed.
func Create(dir string, h record.Header) (*Table, error) {
	f, err := os.CreateTemp(dir, "."+File+".*")
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", File, err)
	}
	t := &Table{columns: columnsOf(&h), file: f, path: filepath.Join(dir, File),
		full: make(chan []record.Request), free: make(chan []record.Request, 2), done: make(chan error, 1)}
	t.writer = parquet.NewWriter(f, schemaOf(t.columns), parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.DictionaryMaxBytes(mostWords),
		parquet.CreatedBy("testbed", cmp.Or(h.Testbed, "0"), "0"), parquet.KeyValueMetadata("scenario", h.Name))
	for range cap(t.free) {
		t.free <- make([]record.Request, 0, chunkRows)
	}
	t.chunk = <-t.free
	go func() { t.done <- t.writeAll() }()
	return t, nil
}

// Through is all, each of which is a row of the table when it has been gone
// through. Only the first time counts.
func (t *Table) Through(all iter.Seq[*record.Request]) iter.Seq[*record.Request] {
	return func(yield func(*record.Request) bool) {
		mine := !t.begun
		t.begun = true
		for r := range all {
			if mine {
				t.add(r)
			}
			if !yield(r) {
				return
			}
		}
	}
}

// add is a row.
func (t *Table) add(r *record.Request) {
	t.chunk = append(t.chunk, *r)
	if len(t.chunk) == chunkRows {
		t.full <- t.chunk
		t.chunk = <-t.free
	}
}

// Close ends the table: it is whole, or what was there before is left and the
// error says why.
func (t *Table) Close() error {
	t.full <- t.chunk
	close(t.full)
	defer os.Remove(t.file.Name())
	if err := errors.Join(<-t.done, t.file.Chmod(0o644), t.file.Close()); err != nil {
		return fmt.Errorf("write %s: %w", File, err)
	}
	return os.Rename(t.file.Name(), t.path)
}

// writeAll writes chunks as they come, until there are no more; after an error,
// none.
func (t *Table) writeAll() (err error) {
	rows := 0
	values := make([]parquet.Value, chunkRows)
	for chunk := range t.full {
		if err == nil {
			err = t.write(chunk, values)
		}
		if rows += len(chunk); err == nil && rows%groupRows == 0 {
			err = t.flush()
		}
		t.free <- chunk[:0]
	}
	if err == nil {
		err = t.flush()
	}
	return errors.Join(err, t.writer.Close())
}

func (t *Table) write(chunk []record.Request, values []parquet.Value) error {
	for i, w := range t.writer.ColumnWriters() {
		c := t.columns[i]
		for k := range chunk {
			values[k] = c.value(&chunk[k])
		}
		if _, err := w.WriteRowValues(values[:len(chunk)]); err != nil {
			return err
		}
	}
	return nil
}

// flush ends a row group.
func (t *Table) flush() error {
	for _, w := range t.writer.ColumnWriters() {
		if err := w.Close(); err != nil {
			return err
		}
	}
	return t.writer.Flush()
}
