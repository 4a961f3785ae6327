package formats

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// What utilization of a CPU means here, whatever the file calls it: the share
// of the time in which it was not free, 100 - %idle - %iowait. A CPU that waits
// for a disk is free for another program, so iowait counts as idle. What a
// hypervisor took away (steal) is not free, and counts as used. Formats that
// hold one figure only are taken at their word.

// utilizationReaders are the formats of utilization, the more telling ones
// first.
var utilizationReaders = []reader{
	{Format{"sadf", "sysstat's sadf -d (semicolons) and sadf -j (JSON), CPU"}, detectSadf, readSadf},
	{Format{"mpstat", "sysstat's mpstat, as text and as mpstat -o JSON"}, detectMpstat, readMpstat},
	{Format{"sar", "sysstat's sar -u, as text"}, detectSar, readSysstat},
	{Format{"vmstat", "vmstat -t: CPU columns with a time in each line"}, detectVmstat, readVmstat},
	{Format{"nvidia-smi", "nvidia-smi --query-gpu=timestamp,... --format=csv, with or without header"}, detectNvidia, readNvidia},
	{Format{"prometheus", "answer to a range query of Prometheus: JSON matrix"}, detectPrometheus, readPrometheus},
	{Format{"alibaba2018", "Alibaba cluster-trace-v2018: machine_usage and container_usage CSV; also grouped over machines"}, detectAlibaba, readAlibaba},
	{Format{"google2019", "Google cluster data 2019: instance_usage as CSV or JSON lines; also grouped over machines"}, detectGoogle, readGoogle},
	{Format{"azure", "Azure public data set: VM CPU readings CSV; also their sums over all VMs"}, detectAzure, readAzure},
	{Format{"bitbrains", "Bitbrains GWA-T-12: a VM a file, semicolon and tab between the columns"}, detectBitbrains, readBitbrains},
	{Format{"planetlab", "PlanetLab (CoMon): a percentage a line, every 300 s"}, detectPlanetlab, readPlanetlab},
}

// shares turns figures of utilization into shares from 0 to 1. Tools that
// compute them from several counters miss 0 and 100 % a little; that much is
// cut off, and counted.
type shares struct {
	over int // figures above 100 % so far
}

// slack is how far beyond 0 and 100 % a figure may be: rounding is a
// hundredth, counters that are read one after the other are a percent or more.
const slack = 0.1

// of turns v, out of whole, into a share. ok is false if v cannot be one.
func (s *shares) of(v, whole float64) (share float64, ok bool) {
	share = v / whole
	if !(share >= -slack && share <= 1+slack) {
		return 0, false
	}
	if share > 1+1e-9 {
		s.over++
	}
	return min(max(share, 0), 1), true
}

// percent reads a percentage as a share, or NaN where it is missing. what is
// what it is of, for errors.
func (s *shares) percent(l *lines, text, what string) (float64, error) {
	return s.read(l, text, what, 100)
}

// share reads a share, or NaN where it is missing.
func (s *shares) share(l *lines, text, what string) (float64, error) {
	return s.read(l, text, what, 1)
}

func (s *shares) read(l *lines, text, what string, whole float64) (float64, error) {
	if missing(text) {
		return math.NaN(), nil
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && !strings.ContainsAny(text, "xX_") {
		if share, ok := s.of(v, whole); ok {
			return share, nil
		}
	}
	return 0, l.bad(nil, "%.40q: want %s, from 0 to %v", text, what, whole)
}

// notes says what was cut off.
func (s *shares) notes() []string {
	if s.over == 0 {
		return nil
	}
	return []string{fmt.Sprintf("values above 100 %%: %d; they are taken as 100 %%", s.over)}
}

// sysstatNote says in a Recording what its utilization is.
const sysstatNote = "utilization is 100 - %idle - %iowait: a CPU that waits for a disk is free"

// used is the share of a CPU that was used, by its percentages of idle time.
// ok is false if they are not percentages.
func (s *shares) used(idle, iowait float64) (share float64, ok bool) {
	return s.of(100-idle-iowait, 100)
}

// point turns a decimal comma into a point.
func point(s string) string { return strings.Replace(s, ",", ".", 1) }

// short is an error about a line with too few fields.
func (l *lines) short(got, want int) error {
	return l.bad(io.ErrUnexpectedEOF, "%d columns: want %d", got, want)
}

// cut passes errors on, but for a short last line: whatever ended the recording
// cut it, and the note says so. Programs that write into a file write blocks,
// so this is how most recordings end that someone stopped.
func (l *lines) cut(err error) (note []string, _ error) {
	if !errors.Is(err, io.ErrUnexpectedEOF) || l.nextFull() {
		return nil, err
	}
	return []string{"the last line is cut short: it is left out"}, nil
}
