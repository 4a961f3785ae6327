package view

import (
	"bytes"
	"io"
	"os"
	"time"
)

// paceOver is the time over which it is told how fast a run goes.
const paceOver = time.Minute

// A pace counts the requests of a run that goes on, reading only what is new.
type pace struct {
	requests int   // recorded, but for warm-ups
	offset   int64 // of the file, up to the end of the last whole line
	marks    []mark
}

// A mark is how many requests there were at some time.
type mark struct {
	at       time.Time
	requests int
}

// read counts the lines that the file has grown by.
func (p *pace) read(path string, now time.Time) {
	f, err := os.Open(path)
	if err != nil {
		*p = pace{}
		return
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() < p.offset {
		*p = pace{} // it is another file
	}
	warmup := []byte(`"warmup":true`)
	buf, rest := make([]byte, 1<<18), 0
	in := io.NewSectionReader(f, p.offset, 1<<62)
	for {
		n, err := in.Read(buf[rest:])
		part := buf[:rest+n]
		for {
			line, after, whole := bytes.Cut(part, []byte("\n"))
			if !whole {
				break
			}
			p.offset += int64(len(line)) + 1
			if !bytes.Contains(line, warmup) {
				p.requests++
			}
			part = after
		}
		rest = copy(buf, part)
		if err != nil || rest == len(buf) { // a line so long is none of ours
			break
		}
	}
	p.marks = append(p.marks, mark{now, p.requests})
	for len(p.marks) > 2 && now.Sub(p.marks[1].at) > paceOver {
		p.marks = p.marks[1:]
	}
}

// perSecond is how many requests a second were added while it was looked at;
// 0 if it was not for long enough.
func (p *pace) perSecond() float64 {
	if len(p.marks) < 2 {
		return 0
	}
	first, last := p.marks[0], p.marks[len(p.marks)-1]
	took := last.at.Sub(first.at).Seconds()
	if took < 1 {
		return 0
	}
	return float64(last.requests-first.requests) / took
}
