package formats

import "time"

func detectIrish(head []byte, _ string) bool {
	return hasHeader(head, "timestamp", "dl_bitrate", "ul_bitrate")
}

// irishTime is that of G-NetTrack, in the time of the place.
const irishTime = "2006.01.02_15.04.05"

// irishColumns are the columns that are read: what they become, the power of
// ten from their unit to ours, and that unit.
var irishColumns = []struct {
	in, name string
	Quantity
	exponent int
	what     string
}{
	{"dl_bitrate", "down", Rate, 3, "rate in kbit/s"},
	{"ul_bitrate", "up", Rate, 3, "rate in kbit/s"},
	{"pingavg", "delay", Delay, -3, "round trip in ms"},
	{"pingloss", "loss", Loss, -2, "loss in %"},
}

// readIrish reads the CSV of G-NetTrack Pro as in the 4G and 5G data sets of
// University College Cork (Raca, MMSys 2018 and 2020).
//
// Rates are in kbit/s, PINGAVG is a round trip in ms, PINGLOSS in %. A row
// holds from its second until the next; the phone wrote about one a second,
// some twice when a cell changed (their mean is taken), some not (gaps). "-" is
// missing: pings were made every dozen seconds or not at all, and the one
// before holds. A rate of 0 is kept, and may be an idle phone (State I) as well
// as a dead link; the rates of the data set's video sessions are what the video
// asked for, and only its downloads are what the link could do.
func readIrish(src *source) (*Recording, error) {
	l := newLines(src)
	if !l.nextFull() {
		return newTable(l, holdStart, Rate).recording()
	}
	fields := l.split(',')
	columns, width := columnsOf(fields), len(fields)
	stamp, ok := columns["timestamp"]
	if !ok {
		return nil, l.bad(nil, "no column Timestamp: want the header of G-NetTrack")
	}
	t := newTable(l, holdStart, Rate)
	t.step = time.Second
	var from, which []int
	for i, c := range irishColumns {
		if at, ok := columns[c.in]; ok {
			t.column(c.name, c.Quantity)
			from, which = append(from, at), append(which, i)
		}
	}
	if len(from) == 0 || which[0] > 1 {
		return nil, l.bad(nil, "no column DL_bitrate or UL_bitrate: want one")
	}
	row := make([]float64, len(from))
	for l.nextFull() {
		if fields = l.split(','); len(fields) != width {
			return nil, l.bad(nil, "%d fields: want %d, as in the header", len(fields), width)
		}
		at, err := l.date(fields[stamp], irishTime)
		if err != nil {
			return nil, err
		}
		for i, k := range which {
			if row[i], err = l.optionalScaled(fields[from[i]], irishColumns[k].exponent, irishColumns[k].what); err != nil {
				return nil, err
			}
			if irishColumns[k].Quantity == Loss && row[i] > 1 {
				return nil, l.bad(nil, "%.40q: want a loss of at most 100 %%", fields[from[i]])
			}
		}
		if err := t.add(at, row...); err != nil {
			return nil, err
		}
	}
	return t.roundTrips()
}
