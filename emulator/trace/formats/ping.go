package formats

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/testbed/testbed/emulator/trace"
)

// A pings is a table of round trips and lost probes.
type pings struct {
	*table
	lost int
}

func newPings(l *lines) *pings {
	t := newTable(l, holdStart, Delay, "delay")
	t.column("loss", Loss)
	t.sparse = true
	return &pings{table: t}
}

// add adds a probe, with its round trip in ms unless it was lost.
func (p *pings) add(at time.Duration, ms string, lost bool) error {
	if lost {
		p.lost++
		return p.table.add(at, math.NaN(), 1)
	}
	rtt, err := p.src.scaled(ms, -3, "round trip in ms")
	if err != nil {
		return err
	}
	return p.table.add(at, rtt, 0)
}

// recording leaves out the loss if there was none.
func (p *pings) recording(notes ...string) (*Recording, error) {
	r, err := p.table.roundTrips(notes...)
	if err == nil && p.lost == 0 {
		r.Columns = r.Columns[:1]
	}
	return r, err
}

// Lines of ping: a reply, with the time of day that -D puts before it, and the
// last one, which has the time that all took.
var (
	pingReply = regexp.MustCompile(`^(?:\[(\d+\.\d+)\] )?\d+ bytes from .*icmp_seq=(\d+) .*time=([0-9.]+) ?ms`)
	pingTotal = regexp.MustCompile(`^(\d+) packets transmitted, .* time (\d+)ms`)
	pingDup   = regexp.MustCompile(`\(DUP!\)`)
)

func detectPing(head []byte, _ string) bool {
	for _, row := range headLines(head) {
		if pingReply.MatchString(row) {
			return true
		}
	}
	return false
}

// A reply is a line of ping.
type reply struct {
	seq, line int
	ms        string
	stamp     time.Duration // with -D, otherwise 0
}

// readPing reads what ping of Linux (iputils) and macOS prints.
//
// Probes are taken to be sent at equal distances: those of the times that -D
// prints, or of the total at the end, or else 1 s, and then a note says so. A round trip
// holds from when its probe was sent. A probe that has no reply is lost: the
// delay before holds, and a column loss is 1 there and 0 elsewhere. Probes lost
// before the first reply or after the last are not known of, and duplicates are
// left out.
func readPing(src *source) (*Recording, error) {
	l := newLines(src)
	p := newPings(l)
	var replies []reply
	interval := time.Duration(0)
	for l.next() {
		if m := pingReply.FindStringSubmatch(l.text); m != nil && !pingDup.MatchString(l.text) {
			replies = append(replies, newReply(l, m, replies))
		} else if m := pingTotal.FindStringSubmatch(l.text); m != nil {
			n, _ := strconv.Atoi(m[1])
			total, _ := exact(m[2], time.Millisecond)
			interval = total / time.Duration(max(n-1, 1))
		}
		if len(replies) > maxValues/2 {
			return nil, l.bad(nil, "more than %d replies: want a part of the file", maxValues/2)
		}
	}
	interval, notes := pingInterval(replies, interval)
	if err := p.replies(replies, interval); err != nil {
		return nil, err
	}
	p.step = interval
	return p.recording(notes...)
}

// newReply reads a line; the sequence number, which has 16 bits, goes on.
func newReply(l *lines, m []string, before []reply) reply {
	seq, _ := strconv.Atoi(m[2])
	seq = int(uint16(seq))
	if n := len(before); n > 0 {
		last := before[n-1].seq
		seq = last + int(int16(uint16(seq)-uint16(last)))
	}
	stamp, _ := exact(m[1], time.Second)
	return reply{seq: seq, line: l.n, ms: m[3], stamp: stamp}
}

// pingInterval is the distance of probes; total is that of the file's end.
func pingInterval(replies []reply, total time.Duration) (time.Duration, []string) {
	if n := len(replies); n > 1 {
		first, last := replies[0], replies[n-1]
		if span := last.stamp - first.stamp; first.stamp > 0 && span > 0 && last.seq > first.seq && span/time.Duration(last.seq-first.seq) > 0 {
			return span / time.Duration(last.seq-first.seq), nil
		}
	}
	if total > 0 {
		return total, nil
	}
	return time.Second, []string{"no times: probes are taken to be 1s apart"}
}

// replies adds them in the order of their probes, and the lost ones between.
func (p *pings) replies(replies []reply, interval time.Duration) error {
	slices.SortStableFunc(replies, func(a, b reply) int { return a.seq - b.seq })
	for i, r := range replies {
		p.src.n = r.line
		if time.Duration(r.seq-replies[0].seq) > trace.Longest/interval {
			return p.src.bad(nil, "probe %d, %v apart: want at most %v", r.seq, interval, trace.Longest)
		}
		if i > 0 {
			before := replies[i-1].seq
			if r.seq == before {
				continue // a duplicate that is not marked
			}
			if n := r.seq - before - 1; n > 0 {
				if err := p.add(time.Duration(before+1-replies[0].seq)*interval, "", true); err != nil {
					return err
				}
				p.lost += n - 1
			}
		}
		if err := p.add(time.Duration(r.seq-replies[0].seq)*interval, r.ms, false); err != nil {
			return err
		}
	}
	return nil
}
