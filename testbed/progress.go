package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/testbed/testbed/runner"
)

// plainEvery is the pace of progress lines where there is no terminal.
const plainEvery = 10 * time.Second

// A progress shows how far a run is: a bar with the time left on a terminal,
// plain lines elsewhere, nothing if quiet.
type progress struct {
	w     io.Writer
	quiet bool
	bar   *progressbar.ProgressBar // nil: plain lines
	stage string
	last  time.Time
}

func newProgress(a *app) *progress {
	p := &progress{w: a.diag, quiet: a.quiet()}
	if f, ok := a.diag.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.bar = progressbar.NewOptions(1,
			progressbar.OptionSetWriter(f),
			progressbar.OptionFullWidth(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetTheme(progressbar.Theme{Saucer: "#", SaucerHead: ">", SaucerPadding: " ", BarStart: "[", BarEnd: "]"}))
	}
	return p
}

func (p *progress) show(s runner.Progress) {
	if p.quiet {
		return
	}
	if p.bar != nil {
		p.bar.ChangeMax(max(1, s.Total))
		p.bar.Describe(describe(s))
		_ = p.bar.Set(s.Done)
		return
	}
	if s.Stage != p.stage || time.Since(p.last) >= plainEvery || s.Done == s.Total {
		p.stage, p.last = s.Stage, time.Now()
		fmt.Fprintf(p.w, "%s: %d of %d\n", describe(s), s.Done, s.Total)
	}
}

// describe is one short line: what is being done, and the time left.
func describe(s runner.Progress) string {
	switch s.Stage {
	case "profile":
		return "profiling the models"
	case "calibrate":
		return "measuring what two models answer together"
	}
	left := ""
	if s.Left > 0 {
		left = ", " + s.Left.Round(time.Second).String() + " left"
	}
	return fmt.Sprintf("trial %d/%d %s%s", s.Trial+1, s.Trials, s.Condition, left)
}

// finish takes the bar away.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
