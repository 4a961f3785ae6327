package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/emulator/trace/formats"
	"github.com/testbed/testbed/emulator/trace/host"
)

// convertCommand writes a recording in a format that scenarios play.
func (a *app) convertCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "convert FILE",
		Short: "Write a recording as CSV with units, or as a Mahimahi trace",
		Long: `Write a recording as CSV with units in its header (--to csv, all columns), or
one column of rates as a Mahimahi trace of delivery opportunities (--to
mahimahi). A Mahimahi trace becomes rates in bins of --bin.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: a.bound(func(_ *cobra.Command, files []string) error {
			r, err := a.readRecording(files[0])
			if err != nil {
				return err
			}
			data, err := a.converted(r)
			if err != nil {
				return badInput(err)
			}
			for _, n := range r.Notes {
				a.say("note: %s", n)
			}
			return a.deliver(data)
		}),
	}
	readingFlags(cmd)
	f := cmd.Flags()
	f.String("to", "csv", "csv or mahimahi")
	f.String("column", "", "the `NAME` of one column; csv: all, mahimahi: the only one of rates")
	f.Duration("from", 0, "begin here")
	f.Duration("until", 0, "end here; 0: at the end")
	f.Float64("speed", 1, "how much faster than it was recorded")
	f.Float64("scale", 1, "what values are multiplied by")
	f.Duration("bin", 100*time.Millisecond, "of the rates that are made of a trace of opportunities")
	f.StringP("out", "o", "-", "write to `FILE`; -: standard output")
	return cmd
}

// converted is a recording in the wanted format.
func (a *app) converted(r *formats.Recording) ([]byte, error) {
	if r.Trace != nil {
		bin := a.settings.GetDuration("bin")
		if bin < time.Millisecond {
			return nil, fmt.Errorf("--bin %v: want at least 1ms", bin)
		}
		r.Columns = append([]formats.Column{formats.Binned(r.Trace, bin)}, r.Columns...)
		r.Trace = nil
	}
	columns, err := a.edited(r)
	if err != nil {
		return nil, err
	}
	r.Columns = columns
	var b bytes.Buffer
	switch to := a.settings.GetString("to"); to {
	case "csv":
		err = formats.WriteCSV(&b, r)
	case "mahimahi":
		var c formats.Column
		if c, err = onlyRate(r); err == nil {
			err = formats.WriteMahimahi(&b, c)
		}
	default:
		err = fmt.Errorf("--to %s: want csv or mahimahi", to)
	}
	return b.Bytes(), err
}

// edited are the columns that the flags choose, as they want them.
func (a *app) edited(r *formats.Recording) (all []formats.Column, err error) {
	all = r.Columns
	if name := a.settings.GetString("column"); name != "" {
		c, err := r.Column(name)
		if err != nil {
			return nil, err
		}
		all = []formats.Column{c}
	}
	out := make([]formats.Column, len(all))
	from, until := a.settings.GetDuration("from"), a.settings.GetDuration("until")
	for i, c := range all {
		to := c.Period
		if until > 0 {
			to = min(to, until)
		}
		if from != 0 || until != 0 {
			if c, err = c.Cut(from, to); err != nil {
				return nil, err
			}
		}
		if c, err = c.Faster(a.settings.GetFloat64("speed")); err != nil {
			return nil, fmt.Errorf("--speed: %w", err)
		}
		if c, err = c.Scale(a.settings.GetFloat64("scale")); err != nil {
			return nil, fmt.Errorf("--scale: %w", err)
		}
		out[i] = c
	}
	return out, nil
}

// onlyRate is the one column of rates.
func onlyRate(r *formats.Recording) (c formats.Column, err error) {
	var names []string
	for _, column := range r.Columns {
		if column.Quantity == formats.Rate {
			c, names = column, append(names, column.Name)
		}
	}
	switch len(names) {
	case 0:
		return c, fmt.Errorf("%s: no column of rates: a Mahimahi trace needs one", r.Name)
	case 1:
		return c, nil
	}
	return c, fmt.Errorf("%s: several columns of rates: choose by --column one of %s", r.Name, strings.Join(names, ", "))
}

// recordCommand records this host, to be replayed later.
func (a *app) recordCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "record",
		Short: "Record this host's network and CPU as CSV, until --for is over or Ctrl-C",
		Args:  args(cobra.NoArgs),
		RunE:  a.bound(func(cmd *cobra.Command, _ []string) error { return a.record(cmd.Context()) }),
	}
	f := cmd.Flags()
	f.StringP("interface", "i", "", "`NAME` of the interface; that of the default route")
	f.Duration("interval", time.Second, "of one line")
	f.Duration("for", 0, "how long; 0: until Ctrl-C")
	f.StringP("out", "o", "-", "write to `FILE`, which must not exist; -: standard output")
	return cmd
}

func (a *app) record(ctx context.Context) error {
	long := a.settings.GetDuration("for")
	if long < 0 {
		return badInput(fmt.Errorf("--for %v: want a time above 0, or 0 for no end", long))
	}
	w, name := io.Writer(a.out), a.settings.GetString("out")
	if name != "-" {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return badInput(fmt.Errorf("--out: %w", err))
		}
		defer f.Close()
		w = f
	}
	if long > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, long)
		defer cancel()
	}
	a.say("recording every %v until %s", a.settings.GetDuration("interval"), map[bool]string{true: "Ctrl-C", false: long.String() + " are over, or Ctrl-C"}[long == 0])
	err := host.Record(ctx, host.Options{Interface: a.settings.GetString("interface"), Interval: a.settings.GetDuration("interval")}, w)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil // the end that was asked for
	}
	return badInput(err)
}
