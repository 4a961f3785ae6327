// Package browsertest is for tests only: it opens pages in a real browser,
// chromium without a window, and tells what they said, asked for and look
// like. Tests are skipped where there is none, unless TESTBED_NEED names
// chromium.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/testbed/testbed/emulator/needs"
)

// A Page is one tab of a browser of its own. Its methods fail the test if the
// browser does not do what they ask within a minute.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	said     []string
	requests []string
}

// Width and Height are the size of a page's window in pixels when it is opened.
const Width, Height = 1280, 900

// File is the URL of a file.
func File(t testing.TB, path string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return "file://" + filepath.ToSlash(path)
}

// Open starts a browser, opens a page in it and waits until that is loaded.
// The browser ends with the test.
func Open(t testing.TB, url string) *Page {
	t.Helper()
	program, err := find()
	needs.Skip(t, "chromium", err)
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(program), chromedp.WindowSize(Width, Height),
		chromedp.WSURLReadTimeout(time.Minute), chromedp.Flag("no-proxy-server", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // it refuses to be root's otherwise
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	p := &Page{t: t}
	p.ctx, stop = chromedp.NewContext(ctx, chromedp.WithListener(p.listen))
	t.Cleanup(stop)
	if err := chromedp.Do(p.ctx, chromedp.EmulateViewport(Width, Height)); err != nil { // which starts it
		t.Fatalf("start %s: %v", program, err)
	}
	p.do("open "+url, chromedp.Navigate(url))
	return p
}

// find is the path of the browser.
func find() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no chromium in PATH: scripts/get-chromium.sh installs it")
}

// listen notes what the page says and asks for, in the order of the browser.
func (p *Page) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if x := e.ExceptionDetails.Exception; x != nil {
			text += ": " + x.Description
		}
		p.said = append(p.said, text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			p.said = append(p.said, strings.TrimSpace(e.Entry.Text+" "+e.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		words := []string{string(e.Type)}
		for _, a := range e.Args {
			if a.Value != nil {
				words = append(words, string(a.Value))
			} else {
				words = append(words, a.Description)
			}
		}
		p.said = append(p.said, strings.Join(words, " "))
	}
}

// Console is all that the page wrote to the console so far, with exceptions
// that nothing caught and the errors and warnings of the browser itself, such
// as what a content security policy forbade. A good page says nothing; one that
// is served names its icon, or else the browser asks for /favicon.ico.
func (p *Page) Console() []string {
	p.t.Helper()
	return p.noted(&p.said)
}

// Requests are the URLs of all that the page asked for so far, its own first.
func (p *Page) Requests() []string {
	p.t.Helper()
	return p.noted(&p.requests)
}

// noted is a copy of a list, once the browser has told all that came before.
func (p *Page) noted(list *[]string) []string {
	p.t.Helper()
	p.Eval("null", nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(*list)
}

// do carries out actions of the browser.
func (p *Page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, time.Minute)
	defer stop()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}
