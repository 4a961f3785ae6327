package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A meter shows how many bytes or images of something are done: a bar with rate
// and time left on a terminal, plain lines elsewhere, nothing if quiet.
type meter struct {
	a     *app
	what  string
	bytes bool
	bar   *progressbar.ProgressBar // nil: none yet, or plain lines
	last  time.Time
	told  bool // that all is done
}

// newMeter shows bytes.
func (a *app) newMeter(what string) *meter {
	return &meter{a: a, what: what, bytes: true, last: time.Now()}
}

// newCounter shows things.
func (a *app) newCounter(what string) *meter { return &meter{a: a, what: what, last: time.Now()} }

func (m *meter) show(done, total int64) {
	if m.a.quiet() {
		return
	}
	if f, ok := m.a.diag.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		if m.bar == nil {
			m.bar = progressbar.NewOptions64(max(total, 1), progressbar.OptionSetWriter(f), progressbar.OptionSetDescription(m.what),
				progressbar.OptionShowBytes(m.bytes), progressbar.OptionShowCount(), progressbar.OptionThrottle(100*time.Millisecond),
				progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())
		}
		_ = m.bar.Set64(done)
		return
	}
	if done < total && time.Since(m.last) < plainEvery || m.told && done == total {
		return
	}
	m.last, m.told = time.Now(), done == total
	if m.bytes {
		fmt.Fprintf(m.a.diag, "%s: %s of %s\n", m.what, megabytes(done), megabytes(total))
		return
	}
	fmt.Fprintf(m.a.diag, "%s: %d of %d\n", m.what, done, total)
}

func (m *meter) finish() {
	if m.bar != nil {
		_ = m.bar.Finish()
	}
}
