package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/emulator/trace/formats"
	"github.com/testbed/testbed/plots"
	"github.com/testbed/testbed/plots/stats"
)

// mostDrawn is how many steps of a quantity are drawn; of more, means.
const mostDrawn = 1500

func (a *app) plotTraceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "plot FILE",
		Short: "Draw a recording: its columns over time, mean, percentiles and outages",
		Args:  args(cobra.ExactArgs(1)),
		RunE: a.bound(func(_ *cobra.Command, files []string) error {
			r, err := a.readRecording(files[0])
			if err != nil {
				return err
			}
			out := a.settings.GetString("out")
			if out == "" {
				out = filepath.Base(files[0]) + ".png"
				a.settings.Set("out", out)
			}
			ext := strings.ToLower(filepath.Ext(out))
			if out != "-" && ext != ".png" && ext != ".svg" {
				return badInput(fmt.Errorf("--out %s: want a name that ends in .png or .svg", out))
			}
			f, err := plots.Recording(filepath.Base(r.Name), subtitle(r), courses(r))
			switch {
			case err != nil:
				return err
			case f.Note != "":
				return fmt.Errorf("%s: %s", files[0], f.Note)
			}
			data := f.PNG
			if ext == ".svg" {
				data = f.SVG
			}
			if err := a.deliver(data); err != nil {
				return err
			}
			a.say("%s", out)
			return nil
		}),
	}
	readingFlags(cmd)
	cmd.Flags().StringP("out", "o", "", "write to `FILE`, .png or .svg; -: standard output; the file's name with .png, here")
	return cmd
}

// subtitle is one line about a recording.
func subtitle(r *formats.Recording) string {
	text := fmt.Sprintf("format %s, %v", r.Format, r.Length().Round(time.Millisecond))
	if n := len(r.Notes); n > 0 {
		text += "; " + plural(n, "note") + ", see testbed traces show"
	}
	return text
}

// courses are the columns of a recording as they are drawn.
func courses(r *formats.Recording) (all []plots.Course) {
	columns := r.Columns
	if r.Trace != nil {
		columns = append([]formats.Column{formats.Binned(r.Trace, traceBin)}, columns...)
	}
	for _, c := range columns {
		all = append(all, courseOf(c))
	}
	return all
}

// courseOf is one column in the unit that it is drawn in.
func courseOf(c formats.Column) plots.Course {
	scale, unit := 1.0, ""
	switch c.Quantity {
	case formats.Rate:
		scale, unit = 1e-6, "Mbps"
	case formats.Delay:
		scale, unit = 1e3, "ms"
	default:
		scale, unit = 100, "%"
	}
	s := c.Summary()
	out := plots.Course{Name: c.Name, Unit: unit, End: c.Period.Seconds(), Mean: scale * s.Mean, Low: scale * s.P5, High: scale * s.P95}
	if len(c.At) <= mostDrawn {
		for i, at := range c.At {
			out.Points = append(out.Points, stats.Point{X: at.Seconds(), Y: scale * c.Value[i]})
		}
	} else {
		for i := range mostDrawn {
			from, to := c.Period*time.Duration(i)/mostDrawn, c.Period*time.Duration(i+1)/mostDrawn
			out.Points = append(out.Points, stats.Point{X: from.Seconds(), Y: scale * c.Integral(from, to) / (to - from).Seconds()})
		}
	}
	if c.Quantity == formats.Rate {
		out.Outages = outagesOf(c)
	}
	return out
}

// outagesOf are the times at which a rate is 0.
func outagesOf(c formats.Column) (all []stats.Span) {
	for i, v := range c.Value {
		if v != 0 {
			continue
		}
		end := c.Period
		if i+1 < len(c.At) {
			end = c.At[i+1]
		}
		if n := len(all); n > 0 && all[n-1].To == c.At[i].Seconds() {
			all[n-1].To = end.Seconds()
			continue
		}
		all = append(all, stats.Span{From: c.At[i].Seconds(), To: end.Seconds()})
	}
	return all
}
