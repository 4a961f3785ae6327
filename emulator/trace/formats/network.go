package formats

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// networkReaders are the formats of networks, the more telling ones first.
var networkReaders = []reader{
	{Format{"testbed", "our CSV: t_s and columns that end in their unit, such as down_kbps, up_kbps, delay_ms, loss, cpu_pct; # key: value lines before"}, detectTestbed, readTestbed},
	{Format{"iperf3", "iperf3 --json: the rate of each interval, for UDP also the loss"}, detectIperf3, readIperf3},
	{Format{"sabre", "Sabre: JSON array of duration_ms, bandwidth_kbps, latency_ms"}, detectSabre, readSabre},
	{Format{"irish", "UCC Irish 4G and 5G: CSV of G-NetTrack Pro with DL_bitrate and UL_bitrate in kbit/s"}, detectIrish, readIrish},
	{Format{"lumos5g", "Lumos5G: CSV with run_num, seq_num in seconds and Throughput in Mbit/s"}, detectLumos5G, readLumos5G},
	{Format{"fcc", "FCC Measuring Broadband America: curr_webget and curr_httpgetmt CSV, bytes a second, with or without header"}, detectFCC, readFCC},
	{Format{"ping-csv", "CSV of pings: probe number, RTT in ms, send time of day"}, detectPingCSV, readPingCSV},
	{Format{"ping", "what ping prints"}, detectPing, readPing},
	{Format{"nyu-mets", "NYU-METS: a rate and its unit for each second, such as 0.57,Mbits/sec"}, detectNYUMETS, readNYUMETS},
	{Format{"norway", "Norway HSDPA (Riiser): six columns, epoch in s, ms, latitude, longitude, bytes and ms since the last line"}, detectNorway, readCommute},
	{Format{"ghent", "Ghent 4G (van der Hooft): the columns of norway with the epoch in ms"}, detectGhent, readCommute},
	{Format{"cellreplay", "CellReplay, light: time in ms, base delay in ms, then the opportunities of a packet train; its heavy traces are mahimahi"}, detectCellReplay, readCellReplay},
	{Format{"cooked", "Pensieve: seconds and Mbit/s a line; the rate is that of the time before the line"}, detectCooked, readCooked},
	{Format{"mahimahi", "Mahimahi: a line for each packet that can be delivered, its time in ms"}, detectMahimahi, readMahimahi},
}

// headRows is how many lines of a file detectors look at.
const headRows = 40

// headLines returns the first lines of head that are not blank, without one
// that head may cut.
func headLines(head []byte) (rows []string) {
	if len(head) >= headSize {
		head = head[:bytes.LastIndexByte(head, '\n')+1]
	}
	for line := range strings.Lines(strings.TrimPrefix(string(head), "\ufeff")) {
		if line = strings.TrimSpace(line); line != "" {
			rows = append(rows, line)
		}
		if len(rows) == headRows {
			break
		}
	}
	return rows
}

// hasHeader reports whether the first line of head is that of a CSV with all
// these columns.
func hasHeader(head []byte, names ...string) bool {
	rows := headLines(head)
	if len(rows) == 0 {
		return false
	}
	columns := columnsOf(strings.Split(rows[0], ","))
	for _, name := range names {
		if _, ok := columns[name]; !ok {
			return false
		}
	}
	return true
}

// columnsOf returns where the columns of a header are, by their name in lower
// case.
func columnsOf(fields []string) map[string]int {
	at := make(map[string]int)
	for i, name := range fields {
		name = strings.ToLower(strings.Trim(name, "\" \t"))
		if _, twice := at[name]; !twice {
			at[name] = i
		}
	}
	return at
}

// numeric returns the numbers of each line of head, which has want fields, or
// at least -want; nil if a line is otherwise, or there is none.
func numeric(head []byte, want int) (rows [][]float64) {
	for _, line := range headLines(head) {
		fields := strings.Fields(line)
		if want >= 0 && len(fields) != want || len(fields) < -want {
			return nil
		}
		row := make([]float64, len(fields))
		for i, f := range fields {
			v, err := strconv.ParseFloat(f, 64)
			if err != nil {
				return nil
			}
			row[i] = v
		}
		rows = append(rows, row)
	}
	return rows
}

// rising reports whether a column of rows does not go backwards.
func rising(rows [][]float64, column int) bool {
	return slices.IsSortedFunc(rows, func(a, b []float64) int { return cmp.Compare(a[column], b[column]) })
}
