package formats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// beginsWith reports whether the first byte of src that is not a blank is c,
// and returns a source that has it still.
func beginsWith(src *source, c byte) (*source, bool, error) {
	var head []byte
	for one := []byte{0}; len(head) < headSize; {
		if _, err := io.ReadFull(src, one); err == io.EOF {
			break
		} else if err != nil {
			return nil, false, fmt.Errorf("%s: %w", src.name, err)
		}
		if head = append(head, one[0]); !bytes.Contains([]byte(" \t\r\n\ufeff"), one) {
			break
		}
	}
	return &source{src.name, io.MultiReader(bytes.NewReader(head), src)}, bytes.HasSuffix(head, []byte{c}), nil
}

// A sysstatReport is what is used of a report of sadf or mpstat.
type sysstatReport struct {
	Timestamp json.RawMessage // a sadfStamp, or mpstat's time of day
	CPU       []cpuLoad       `json:"cpu-load"`
	All       []cpuLoad       `json:"cpu-load-all"` // of sadf -- -u ALL
}

type cpuLoad struct {
	CPU    string
	Idle   *float64
	Iowait float64
}

type sadfStamp struct {
	Date, Time string
	Interval   int64 // s
}

// A sysstatJSON is their JSON while it is read.
type sysstatJSON struct {
	*jsonFile
	fleet    *fleet
	shares   shares
	clock    clock
	mpstat   bool // the times are times of day
	hosts    int
	restarts int
}

// readSysstatJSON reads mpstat -o JSON and sadf -j. A report holds for the time
// before it: for sadf as long as its interval, for mpstat as long as the median
// step is. The JSON of a recording that was killed lacks its end, and is
// refused; mpstat ends it when it is interrupted (SIGINT).
func readSysstatJSON(src *source) (*Recording, error) {
	j, err := openJSON(src, "the whole output of sadf -j or mpstat -o JSON")
	if err != nil {
		return nil, err
	}
	s := &sysstatJSON{jsonFile: j, fleet: newFleet(j.lines, holdEnd)}
	err = j.object(func(key string) error {
		return j.object(func(key string) error { return j.array(s.host) })
	})
	if err != nil {
		return nil, err
	}
	notes := []string{sysstatNote}
	if s.restarts > 0 {
		notes = append(notes, fmt.Sprintf("restarts of the machine: %d", s.restarts))
	}
	if s.mpstat {
		notes = append(notes, s.fleet.guessBegin()...)
	}
	return s.fleet.recording(append(notes, s.shares.notes()...)...)
}

// host reads the reports of a host.
func (s *sysstatJSON) host() error {
	if s.hosts++; s.hosts > 1 {
		return s.bad(nil, "a second host: want one")
	}
	return s.object(func(key string) error {
		switch key {
		case "statistics":
			return s.array(s.report)
		case "restarts":
			return s.array(func() error {
				s.restarts++
				return s.skip()
			})
		}
		return s.skip()
	})
}

// skip reads past a value.
func (j *jsonFile) skip() error {
	var raw json.RawMessage
	return j.value(&raw)
}

// report reads a report.
func (s *sysstatJSON) report() error {
	var r sysstatReport
	if err := s.value(&r); err != nil {
		return err
	}
	cpus := append(r.CPU, r.All...)
	if len(cpus) == 0 {
		return nil
	}
	at, err := s.time(r.Timestamp)
	if err != nil {
		return err
	}
	for _, cpu := range cpus {
		name, err := cpuColumn(s.lines, cpu.CPU)
		if err != nil {
			return err
		}
		if cpu.Idle == nil {
			return s.bad(nil, "%s: no idle time: want one", name)
		}
		used, ok := s.shares.used(*cpu.Idle, cpu.Iowait)
		if !ok {
			return s.bad(nil, "%v %% idle and %v %% iowait: want percentages", *cpu.Idle, cpu.Iowait)
		}
		if err := s.fleet.add(name, at, used); err != nil {
			return err
		}
	}
	return nil
}

// time is when a report was made; of the first one of sadf also when what it
// reports began.
func (s *sysstatJSON) time(raw json.RawMessage) (time.Duration, error) {
	var day string
	if json.Unmarshal(raw, &day) == nil {
		s.mpstat = true
		text, half, _ := bytes.Cut([]byte(day), []byte(" "))
		return s.clock.at(s.lines, string(text), string(half))
	}
	var stamp sadfStamp
	if err := json.Unmarshal(raw, &stamp); err != nil {
		return 0, s.bad(nil, "timestamp: %v: want that of sadf -j or mpstat -o JSON", err)
	}
	at, err := wallTime(s.lines, time.DateTime, stamp.Date+" "+stamp.Time)
	if err != nil {
		return 0, err
	}
	if !s.fleet.begun {
		if stamp.Interval <= 0 || stamp.Interval > 366*24*60*60 {
			return 0, s.bad(nil, "interval %d: want seconds, above 0", stamp.Interval)
		}
		s.fleet.begin, s.fleet.begun = at-time.Duration(stamp.Interval)*time.Second, true
	}
	return at, nil
}
