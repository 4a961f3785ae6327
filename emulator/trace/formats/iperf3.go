package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

func detectIperf3(head []byte, _ string) bool {
	return startsWith(head, "{") &&
		(bytes.Contains(head, []byte(`"test_start"`)) || bytes.Contains(head, []byte(`"iperf `)))
}

// An iperf3Start is what is used of how the test began.
type iperf3Start struct {
	Test struct {
		Protocol string
		Streams  int `json:"num_streams"`
		Reverse  int
	} `json:"test_start"`
}

// An iperf3Interval is an element of intervals.
type iperf3Interval struct {
	Streams []iperf3Sum
	Sum     *iperf3Sum
	Back    *iperf3Sum `json:"sum_bidir_reverse"`
}

// An iperf3Sum is a stream or all of them in one interval.
type iperf3Sum struct {
	Start, End      float64
	Bits            float64 `json:"bits_per_second"`
	Lost            float64 `json:"lost_packets"`
	Packets         float64
	RTT             float64 // of TCP senders, µs
	Omitted, Sender bool
}

// readIperf3 reads iperf3 --json (3.1 and later). The rate is that of each
// interval, the sum of all streams where there are several, from the interval's
// start to its end; it is down if the server sent (--reverse), otherwise up;
// with --bidir both. It is what the application saw: bytes in TCP or UDP.
//
// UDP has the loss too, where the receiver wrote the file: lost of all packets
// of the interval. A packet that comes late makes up for one that counted as
// lost in an interval before, so there may be fewer than none: 0, with a note.
// TCP senders on Linux have a round trip, the mean over the streams. Intervals
// that --omit asked to be left out are left out. The sums at the end of the
// file are not used: of UDP receivers they are the sender's.
func readIperf3(src *source) (*Recording, error) {
	j, err := openJSON(src, "the output of iperf3 --json")
	if err != nil {
		return nil, err
	}
	f := iperf3File{table: newTable(j.lines, holdStart, Rate, "up", "down")}
	f.column("loss", Loss)
	f.column("delay", Delay)
	f.sparse = true
	var failed string
	err = j.object(func(key string) error {
		switch key {
		case "start":
			return j.value(&f.start)
		case "error":
			return j.value(&failed)
		case "intervals":
			return j.array(func() error {
				var in iperf3Interval
				if err := j.value(&in); err != nil {
					return err
				}
				return f.interval(in)
			})
		}
		return j.value(new(json.RawMessage))
	})
	if err != nil {
		return nil, err
	}
	if len(f.at) == 0 && failed != "" {
		return nil, j.bad(nil, "no intervals, for iperf3 failed: %.200s", failed)
	}
	if f.start.Test.Reverse != 0 {
		f.cols[0].Name, f.cols[1].Name = "down", "up"
	}
	return f.roundTrips(f.notes()...)
}

// An iperf3File is the file so far.
type iperf3File struct {
	*table
	start            iperf3Start
	sent             bool // it is the sender's
	omitted, regains int  // intervals left out, and with less than no loss
}

// interval adds a row.
func (f *iperf3File) interval(in iperf3Interval) error {
	sum, ok := in.total()
	if !ok {
		return f.src.bad(nil, "an interval without sum and streams: want one of them")
	}
	if sum.Omitted {
		f.omitted++
		return nil
	}
	at, ok := seconds(sum.Start)
	end, ok2 := seconds(sum.End)
	if !ok || !ok2 || end <= at {
		return f.src.bad(nil, "an interval from %v to %v s: want times that rise", sum.Start, sum.End)
	}
	back, loss := math.NaN(), math.NaN()
	if in.Back != nil {
		back = in.Back.Bits
	}
	if sum.Bits < 0 || back < 0 {
		return f.src.bad(nil, "bits_per_second below 0: want 0 or more")
	}
	if sum.Packets > 0 && !sum.Sender {
		loss = min(max(sum.Lost/sum.Packets, 0), 1)
		if sum.Lost < 0 {
			f.regains++
		}
	}
	f.step, f.sent = end-at, f.sent || sum.Sender
	return f.add(at, sum.Bits, back, loss, in.rtt())
}

// total is the sum of an interval, or that of its streams.
func (in iperf3Interval) total() (all iperf3Sum, ok bool) {
	if in.Sum != nil {
		return *in.Sum, true
	}
	for i, s := range in.Streams {
		if i == 0 {
			all = s
			continue
		}
		all.Bits, all.Lost, all.Packets = all.Bits+s.Bits, all.Lost+s.Lost, all.Packets+s.Packets
	}
	return all, len(in.Streams) > 0 && !math.IsInf(all.Bits, 0)
}

// rtt is the mean of the streams that have a round trip, in seconds; NaN if
// none has.
func (in iperf3Interval) rtt() float64 {
	sum, n := 0.0, 0.0
	for _, s := range in.Streams {
		if s.RTT > 0 && s.RTT < 1e12 {
			sum, n = sum+s.RTT, n+1
		}
	}
	return sum / n / 1e6
}

// notes says what the numbers are.
func (f *iperf3File) notes() (notes []string) {
	if n := f.start.Test.Streams; n > 1 {
		notes = append(notes, fmt.Sprintf("the sum of %d %.10s streams", n, f.start.Test.Protocol))
	}
	if f.sent {
		notes = append(notes, "written by the sender: the rate is what it sent, and what was lost is not known")
	}
	if f.omitted > 0 {
		notes = append(notes, fmt.Sprintf("left out: %d intervals that iperf3 was told to omit", f.omitted))
	}
	if f.regains > 0 {
		notes = append(notes, fmt.Sprintf("loss taken as 0: %d intervals in which more came late than was lost", f.regains))
	}
	return notes
}
