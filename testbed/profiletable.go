package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/testbed/testbed/emulator/unit"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/runner/profiling"
)

// printProfile prints a profile for people: what it is of, loads, times, and how
// load slows it down.
func (a *app) printProfile(p profile.Profile) error {
	if err := a.printAbout(p); err != nil {
		return err
	}
	if err := a.printTimes(p); err != nil {
		return err
	}
	if err := a.printLoads(p); err != nil {
		return err
	}
	return a.printCurves(p)
}

func (a *app) printAbout(p profile.Profile) error {
	d := p.Device
	words := []string{d.Name}
	for _, w := range []string{d.CPU, count(d.CPUs, "CPU"), size(d.Memory), strings.Trim(d.OS+"/"+d.Arch, "/"), d.Runtime, d.Provider} {
		if w != "" && w != d.Name {
			words = append(words, w)
		}
	}
	fmt.Fprintf(a.out, "%s: %s\n", p.Name, strings.Join(words, ", "))
	if p.Published != "" {
		fmt.Fprintf(a.out, "published: %s\n", p.Published)
	} else if !p.Measured.IsZero() {
		fmt.Fprintf(a.out, "measured %s\n", p.Measured.Format(time.RFC3339))
	}
	for _, n := range p.Notes {
		fmt.Fprintf(a.out, "- %s\n", n)
	}
	_, err := fmt.Fprintln(a.out)
	return err
}

// count is so many things; nothing of none.
func count(n int, what string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// size is n in the unit that people would use; nothing of none.
func size(n unit.Bytes) string {
	switch {
	case n == 0:
		return ""
	case n >= unit.GB:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// columns are a table for people, with a line of names.
func (a *app) columns(print func(t io.Writer)) error {
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', tabwriter.AlignRight)
	print(t)
	return t.Flush()
}

// printTimes prints how long inferences take on the idle device, and by what
// factor each is slower under load.
func (a *app) printTimes(p profile.Profile) error {
	loads, seen := []float64{}, map[float64]bool{}
	for _, t := range p.Models[0].Threads {
		for _, l := range t.Loaded {
			if !seen[l.Utilization] {
				seen[l.Utilization] = true
				loads = append(loads, l.Utilization)
			}
		}
	}
	return a.columns(func(t io.Writer) {
		fmt.Fprint(t, "model\tthreads\truns\tmean ms\tp50\tp95\tpreprocess\t")
		for _, u := range loads {
			fmt.Fprintf(t, "at %.0f %%\t", 100*u)
		}
		fmt.Fprint(t, "accuracy\t\n")
		for _, m := range p.Models {
			for _, at := range m.Threads {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t", m.Name, orDash(at.Threads > 0, fmt.Sprint(at.Threads)), orDash(at.Runs > 0, fmt.Sprint(at.Runs)),
					millis(at.Mean), millis(at.P50), millis(at.P95), millis(at.Preprocess))
				for _, u := range loads {
					fmt.Fprintf(t, "%s\t", factorAt(at, u))
				}
				fmt.Fprintf(t, "%s\t\n", orDash(m.Accuracy > 0, fmt.Sprintf("%.2f %%", 100*m.Accuracy)))
			}
		}
	})
}

// factorAt is how much longer an inference was seen to take under a load.
func factorAt(t profile.Timing, utilization float64) string {
	for _, l := range t.Loaded {
		if l.Utilization == utilization {
			return fmt.Sprintf("x%.2f", float64(l.Expected())/float64(t.Expected()))
		}
	}
	return "-"
}

// millis is d in milliseconds, with the digits that matter; a dash of none.
func millis(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return number(float64(d)/float64(time.Millisecond), false)
}

// printLoads prints how long sessions take to open and what they take of the
// memory, if that is known.
func (a *app) printLoads(p profile.Profile) error {
	known := false
	for _, m := range p.Models {
		known = known || m.Load != profile.Load{} || m.Memory != profile.Memory{}
	}
	if !known {
		return nil
	}
	fmt.Fprintln(a.out)
	return a.columns(func(t io.Writer) {
		fmt.Fprint(t, "to open, ms\tfile\tcold\twarm\tcached, cold\tcached\tmemory before\tloaded\tunloaded\t\n")
		for _, m := range p.Models {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", m.Name, dashed(m.Size),
				millis(m.Load.Cold), millis(m.Load.Warm), millis(m.Load.CachedCold), millis(m.Load.Cached),
				dashed(m.Memory.Before), dashed(m.Memory.Loaded), dashed(m.Memory.Unloaded))
		}
	})
}

func dashed(n unit.Bytes) string { return orDash(n > 0, size(n)) }

// printCurves prints the slowdown of all models together.
func (a *app) printCurves(p profile.Profile) error {
	if len(p.Slowdown) == 0 {
		_, err := fmt.Fprintln(a.out, "\nNothing is known of it under load: selectors go by 1/(1 - 0.65 min(u, 0.72)).")
		return err
	}
	fmt.Fprintln(a.out)
	return a.columns(func(t io.Writer) {
		fmt.Fprint(t, "slowdown\t")
		for _, at := range p.Slowdown[0].Points {
			fmt.Fprintf(t, "%.0f %%\t", 100*at.Utilization)
		}
		fmt.Fprint(t, "about 1/(1 - a min(u, k))\t\n")
		for _, c := range p.Slowdown {
			fmt.Fprintf(t, "%s\t", orDash(c.Threads > 0, count(c.Threads, "thread")))
			for _, at := range p.Slowdown[0].Points {
				fmt.Fprintf(t, "x%.2f\t", c.At(at.Utilization))
			}
			fmt.Fprintf(t, "a %.2f, k %.2f\t\n", c.Alpha, c.Knee)
		}
	})
}

// printHeldOut prints predictions beside what was measured.
func (a *app) printHeldOut(all []profiling.Prediction) error {
	fmt.Fprintln(a.out, "\nheld out: what the profile is not made of")
	err := a.columns(func(t io.Writer) {
		fmt.Fprint(t, "model\tthreads\tbackground\truns\tpredicted ms\tmeasured\toff\t\t\n")
		for _, p := range all {
			verdict := "PASS"
			if !p.Pass() {
				verdict = "off"
			}
			fmt.Fprintf(t, "%s\t%d\t%.0f %%\t%d\t%s\t%s\t%+.1f %%\t%s\t\n", p.Model, p.Threads, 100*p.Utilization, p.Runs,
				millis(p.Predicted), millis(p.Measured), 100*p.Error(), verdict)
		}
	})
	if err != nil {
		return err
	}
	pass := 0
	for _, p := range all {
		if p.Pass() {
			pass++
		}
	}
	_, err = fmt.Fprintf(a.out, "\n%d of %d predictions within %.0f %%\n", pass, len(all), 100*profiling.Within)
	return err
}

func (a *app) printPublished() error {
	t := tabwriter.NewWriter(a.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "profile\tdevice\tprovider\tmodels\tpublished")
	for _, p := range profile.Published() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\n", p.Name, p.Device.Name, p.Device.Provider, len(p.Models), p.Published)
	}
	return t.Flush()
}
