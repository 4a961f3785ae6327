package browsertest

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/chromedp/chromedp"
)

// Eval evaluates a JavaScript expression, waits for it if it is a promise, and
// decodes its value as JSON into out, unless that is nil.
func (p *Page) Eval(js string, out any) {
	p.t.Helper()
	if out == nil {
		p.do(js, chromedp.Evaluate[chromedp.Void](js, chromedp.EvalAwaitPromise))
		return
	}
	raw := run(p, js, chromedp.Evaluate[[]byte](js, chromedp.EvalAwaitPromise))
	if err := json.Unmarshal(raw, out); err != nil {
		p.t.Fatalf("%s: %v: %s", js, err, raw)
	}
}

// Wait waits until a JavaScript expression is true, for at most half a minute.
func (p *Page) Wait(js string) {
	p.t.Helper()
	p.do("wait until "+js, chromedp.Poll[chromedp.Void](js, chromedp.WithPollingInterval(50*time.Millisecond)))
}

// Click clicks at the middle of the first element that a CSS selector selects.
func (p *Page) Click(selector string) {
	p.t.Helper()
	p.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Press gives the focus to the first element that a CSS selector selects and
// presses keys: letters, or kb.Enter and its like. An empty selector leaves the
// focus where it is.
func (p *Page) Press(selector, keys string) {
	p.t.Helper()
	if selector != "" {
		p.do("focus "+selector, chromedp.Focus(chromedp.CSS(selector)))
	}
	p.do("press "+keys, chromedp.KeyEvent(keys))
}

// Resize makes the window so large, in pixels.
func (p *Page) Resize(width, height int) {
	p.t.Helper()
	p.do("resize", chromedp.EmulateViewport(int64(width), int64(height)))
}

// TooWide are elements that reach out of the window to the right, by their tags
// and text, but for those inside something that scrolls or cuts off by itself.
// Empty: nobody must scroll the page sideways.
func (p *Page) TooWide() (out []string) {
	p.t.Helper()
	p.Eval(`(() => {
		const width = document.documentElement.clientWidth, out = [];
		const held = e => { for (e = e.parentElement; e && e !== document.body; e = e.parentElement)
			if (getComputedStyle(e).overflowX !== 'visible') return true; };
		for (const e of document.body.querySelectorAll('*')) {
			const box = e.getBoundingClientRect();
			if (box.width > 0 && box.right > width + 1 && !held(e))
				out.push(e.tagName + ' to ' + Math.round(box.right) + ' of ' + width + ': ' + e.textContent.trim().slice(0, 40));
		}
		if (document.documentElement.scrollWidth > width + 1) out.push('the page is ' + document.documentElement.scrollWidth + ' wide');
		return out;
	})()`, &out)
	return out
}

// Screenshot writes the whole page as a PNG, as a window of that size shows it;
// 0: as it is. The window keeps the size.
func (p *Page) Screenshot(path string, width, height int) {
	p.t.Helper()
	if width > 0 {
		p.Resize(width, height)
	}
	p.write(path, run(p, "screenshot", chromedp.FullScreenshot(100)))
}

// Print writes the page as a PDF, as it is printed on A4.
func (p *Page) Print(path string) {
	p.t.Helper()
	p.write(path, run(p, "print", chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4), chromedp.PDFPrintBackground())))
}

func (p *Page) write(path string, data []byte) {
	p.t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// run carries out one action of the browser that has a value.
func run[T any](p *Page, what string, action chromedp.Action[T]) T {
	p.t.Helper()
	ctx, stop := context.WithTimeout(p.ctx, time.Minute)
	defer stop()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
	return v
}
