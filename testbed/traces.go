package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/emulator/trace/formats"
	"github.com/testbed/testbed/emulator/unit"
)

func (a *app) tracesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "traces",
		Short: "Look at recordings of networks and utilization, convert and make them",
		RunE: func(cmd *cobra.Command, words []string) error {
			if len(words) > 0 {
				return badInput(fmt.Errorf("unknown command %q for testbed traces; there are formats, show, convert, plot and record", words[0]))
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.formatsCommand(), a.showCommand(), a.convertCommand(), a.plotTraceCommand(), a.recordCommand())
	return cmd
}

// readingFlags are those of every command that reads a recording.
func readingFlags(cmd *cobra.Command) {
	cmd.Flags().String("format", "auto", "`NAME` of the file's format; testbed traces formats lists them")
}

// readRecording reads a file as the flags say.
func (a *app) readRecording(file string) (*formats.Recording, error) {
	source, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, badInput(fmt.Errorf("%s: no such file", file))
	case err != nil:
		return nil, badInput(err)
	}
	r, err := formats.Read(bytes.NewReader(source), file, a.settings.GetString("format"))
	return r, badInput(err)
}

func (a *app) formatsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "formats",
		Short: "List the formats of recordings that can be read",
		Args:  args(cobra.NoArgs),
		RunE: a.bound(func(*cobra.Command, []string) error {
			if a.settings.GetBool("json") {
				return a.printJSON(formats.Formats())
			}
			t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
			for _, f := range formats.Formats() {
				fmt.Fprintf(t, "%s\t%s\n", f.Name, f.Doc)
			}
			return t.Flush()
		}),
	}
	cmd.Flags().Bool("json", false, "print as JSON")
	return cmd
}

// A shown is what traces show says of a file, as JSON. Values are bit/s,
// seconds and shares.
type shown struct {
	File    string            `json:"file"`
	Format  string            `json:"format"`
	Columns []formats.Summary `json:"columns"`
	Notes   []string          `json:"notes"`
}

func (a *app) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show FILE...",
		Short: "Say what is in recordings: columns, means, percentiles, outages, gaps",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: a.bound(func(_ *cobra.Command, files []string) error {
			var all []shown
			for _, file := range files {
				r, err := a.readRecording(file)
				if err != nil {
					return err
				}
				all = append(all, shown{file, r.Format, summaries(r), notes(r)})
			}
			if a.settings.GetBool("json") {
				return a.printJSON(all)
			}
			for i, s := range all {
				if i > 0 {
					fmt.Fprintln(a.out)
				}
				if err := a.printShown(s); err != nil {
					return err
				}
			}
			return nil
		}),
	}
	readingFlags(cmd)
	cmd.Flags().Bool("json", false, "print as JSON, in bit/s, seconds and shares; a list of files")
	return cmd
}

// traceBin is the length of the bins in which the rate of a list of
// opportunities is shown and drawn.
const traceBin = 100 * time.Millisecond

// summaries are those of all columns, and before them that of a list of
// opportunities as a rate.
func summaries(r *formats.Recording) (all []formats.Summary) {
	if r.Trace != nil {
		all = append(all, formats.Binned(r.Trace, traceBin).Summary())
	}
	for _, c := range r.Columns {
		all = append(all, c.Summary())
	}
	return all
}

// notes are those of the reader, and what a list of opportunities means here.
func notes(r *formats.Recording) []string {
	out := append([]string{}, r.Notes...)
	if r.Trace != nil {
		out = append(out, fmt.Sprintf("rates are means of %v; an opportunity carries a frame of %v, so they are 1514/1500 of those of IP packets", traceBin, r.Trace.Quantum))
	}
	return out
}

func (a *app) printShown(s shown) error {
	fmt.Fprintf(a.out, "%s: %s\n", s.File, s.Format)
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "column\tmean\tmin\tp5\tp50\tp95\tmax\tlength\tsteps\toutages\t")
	for _, c := range s.Columns {
		v := func(x float64) string { return valueOf(c.Quantity, x) }
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%v\t%d\t%s\t\n", c.Column, v(c.Mean), v(c.Min), v(c.P5), v(c.P50), v(c.P95), v(c.Max),
			c.Length.Round(time.Millisecond), c.Steps, outages(c))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, n := range s.Notes {
		fmt.Fprintln(a.out, "note: "+n)
	}
	return nil
}

// outages says for how long a rate is 0.
func outages(c formats.Summary) string {
	switch {
	case c.Quantity != formats.Rate:
		return "-"
	case c.Zeros == 0:
		return "none"
	}
	return fmt.Sprintf("%d, longest %v, %.1f %% of the time", c.Zeros, c.LongestZero.Round(time.Millisecond), 100*c.Zero)
}

// valueOf writes a value with its unit.
func valueOf(q formats.Quantity, x float64) string {
	switch q {
	case formats.Rate:
		return shortRate(unit.BitRate(x))
	case formats.Delay:
		return fmt.Sprintf("%.3g ms", 1000*x)
	}
	return fmt.Sprintf("%.3g %%", 100*x)
}

// shortRate is a rate in three digits.
func shortRate(r unit.BitRate) string {
	switch {
	case r >= unit.Gbps:
		return fmt.Sprintf("%.3g Gbps", float64(r)/1e9)
	case r >= unit.Mbps:
		return fmt.Sprintf("%.3g Mbps", float64(r)/1e6)
	}
	return fmt.Sprintf("%.3g kbps", float64(r)/1e3)
}
