package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/emulator/calibrate"
	"github.com/testbed/testbed/emulator/trace"
	"github.com/testbed/testbed/plots"
	"github.com/testbed/testbed/runner/local"
	"github.com/testbed/testbed/runner/record"
	"github.com/testbed/testbed/scenarios"
)

// nodeMain is what a node of a world does: that of a calibration or that of a
// run.
func nodeMain(conn net.Conn, args []string) error {
	if len(args) > 0 && args[0] == calibrate.NodeArg {
		return calibrate.Node(conn, args)
	}
	return local.NodeMain(conn)
}

func (a *app) calibrateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure how faithfully this machine plays links",
		Long: `Calibrate makes worlds, sends traffic of its own through emulated links, and
holds what arrives to the targets in FIDELITY.md: rates, round trips, transfers,
queues, losses, steps of a trace; with each engine, on an idle machine and with
a spinning thread for each CPU, where tolerances are twice as wide. It takes
about four minutes, and 40 seconds with --quick. Other work on the machine shows
in the numbers.

--break breaks the engines on purpose, to show that a calibration notices:
burst lets token buckets hold 64 KiB, offload lets nodes send offload-sized
packets, limit lets queues hold two packets.

Exit status: 0 every row passes; 1 it failed; 2 the input was wrong; 3 a row is
off; 130 interrupted, with what was measured until then.`,
		Example: `    testbed calibrate
    testbed calibrate --quick --engine relay --load idle
    testbed calibrate --plot calibration.svg --json > calibration.json`,
		Args: args(cobra.NoArgs),
		RunE: a.bound(func(cmd *cobra.Command, _ []string) error { return a.calibrate(cmd.Context()) }),
	}
	f := cmd.Flags()
	f.String("engine", "", "only `ENGINES`: relay, tc (default those that this machine has)")
	f.String("load", "", "only `LOADS`: idle, busy (default both)")
	f.String("only", "", "only `PARTS`: "+strings.Join(calibrate.Parts(), ", "))
	f.Bool("quick", false, "fewer sizes and rates")
	f.String("break", "", "break `WHAT` on purpose: burst, offload or limit")
	f.String("plot", "", "draw the deviations into `FILE`, by its name a PNG or an SVG")
	f.Bool("json", false, "print as JSON")
	return cmd
}

// A calibration is what calibrate prints as JSON.
type calibration struct {
	Host    record.Host     `json:"host"`
	Rows    []calibrate.Row `json:"rows"`
	Missing []string        `json:"missing"` // what could not be measured here, and why
}

func (a *app) calibrate(ctx context.Context) error {
	o, err := a.calibrateOptions()
	if err != nil {
		return err
	}
	bar := newProgress(a)
	report, err := calibrate.Run(ctx, o, bar.counter())
	bar.finish()
	for _, m := range report.Missing {
		a.say("not measured: %s", m)
	}
	if len(report.Rows) > 0 {
		if err := errors.Join(a.printCalibration(report), a.plotCalibration(report)); err != nil {
			return err
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return &exitError{exitInterrupted, errors.New("interrupted; the rows are what was measured until then")}
	case err != nil:
		return err
	case len(report.Rows) == 0:
		return errors.New("nothing was measured")
	case len(report.Off()) > 0:
		return &exitError{exitVerdict, nil}
	}
	return nil
}

// calibrateOptions are the flags, checked.
func (a *app) calibrateOptions() (o calibrate.Options, err error) {
	list := func(flag string, known ...string) []string {
		var words []string
		for _, w := range strings.Split(a.settings.GetString(flag), ",") {
			if w = strings.TrimSpace(w); w == "" {
				continue
			}
			if !slices.Contains(known, w) {
				err = badInput(fmt.Errorf("--%s %s: want %s", flag, w, strings.Join(known, ", ")))
			}
			words = append(words, w)
		}
		return words
	}
	o.Engines = list("engine", "relay", "tc")
	o.Loads = list("load", calibrate.Idle, calibrate.Busy)
	o.Only = list("only", calibrate.Parts()...)
	o.Quick = a.settings.GetBool("quick")
	if broken := list("break", "burst", "offload", "limit"); len(broken) > 1 {
		err = badInput(fmt.Errorf("--break %s: want one", strings.Join(broken, ",")))
	} else if len(broken) == 1 {
		o.Break = broken[0]
	}
	if o.Break == "burst" && len(o.Engines) > 0 && !slices.Contains(o.Engines, "tc") {
		err = badInput(errors.New("--break burst: want engine tc, which alone has token buckets"))
	}
	if file := a.settings.GetString("plot"); file != "" {
		err = errors.Join(err, plotFile(file))
	}
	if err != nil {
		return o, err
	}
	const recorded = "traces/lte.down"
	data, err := fs.ReadFile(scenarios.Shipped(), recorded)
	if err != nil {
		return o, err
	}
	o.Trace, err = trace.ParseMahimahi(bytes.NewReader(data), recorded)
	return o, err
}

// plotFile refuses a name for the figure before minutes are spent on it.
func plotFile(file string) error {
	if !slices.Contains([]string{".png", ".svg"}, filepath.Ext(file)) {
		return badInput(fmt.Errorf("--plot %s: want a name that ends in .png or .svg", file))
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return badInput(fmt.Errorf("--plot %s: no directory %s", file, filepath.Dir(file)))
	}
	return nil
}

// counter shows how far something is that counts its steps in milliseconds.
func (p *progress) counter() func(done, total int, what string) {
	start := time.Now()
	return func(done, total int, what string) {
		if p.quiet {
			return
		}
		left := time.Duration(total-done) * time.Millisecond
		if took := time.Since(start); done > 5000 { // by then it is known how long a step takes
			left = time.Duration(float64(took) / float64(done) * float64(total-done))
		}
		text := fmt.Sprintf("%s, %v left", what, left.Round(time.Second))
		if p.bar != nil {
			p.bar.ChangeMax(max(1, total))
			p.bar.Describe(text)
			_ = p.bar.Set(done)
			return
		}
		fmt.Fprintln(p.w, text)
	}
}

// plotCalibration draws the rows, if that is asked for.
func (a *app) plotCalibration(r *calibrate.Report) error {
	file := a.settings.GetString("plot")
	if file == "" {
		return nil
	}
	var rows []plots.CalibrationRow
	for _, row := range r.Rows {
		rows = append(rows, plots.CalibrationRow{
			Name: row.Name, Engine: row.Engine, Load: row.Load, Deviation: row.Deviation(), Pass: row.Pass,
		})
	}
	h := thisHost()
	f, err := plots.Calibration(fmt.Sprintf("%s, %d CPUs, Linux %s; %d of %d measurements are off", h.CPU, h.CPUs, h.Kernel, len(r.Off()), len(r.Rows)), rows)
	if err == nil && f.Note != "" {
		err = errors.New(f.Note)
	}
	if err != nil {
		return fmt.Errorf("plot %s: %w", file, err)
	}
	data := f.PNG
	if filepath.Ext(file) == ".svg" {
		data = f.SVG
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	a.say("figure: %s", file)
	return nil
}
