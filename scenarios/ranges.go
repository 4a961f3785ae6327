package scenarios

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/testbed/testbed/emulator/unit"
)

// maxSteps is more values than a figure has room for.
const maxSteps = 1000

// axisValues are the values of an axis: a list, or, of an axis with paths, a
// range.
func (d *decoder) axisValues(o object, plain bool) (ns []*node, paths []string) {
	if n := o.n.child("values"); plain && n != nil && n.shape == mapping {
		return d.spread(o.in("values"))
	}
	return o.items("values", "want values, such as [5Mbps, 20Mbps] or [{name: busy, set: {background.edge.cpu: 50%}}]")
}

// spread are the values of {from: 100kbps, to: 1Gbps, steps: 20, scale: log}.
func (d *decoder) spread(o object) (values []*node, paths []string) {
	from, a := d.bound(o, "from")
	to, b := d.bound(o, "to")
	steps, scale := read(o, "steps", whole(2, maxSteps)), read(o, "scale", oneOf(scales...))
	switch {
	case from == none || to == none || steps == 0 || scale == "":
		return nil, nil // noted
	case from != to:
		d.value(o.n.child("to"), join(o.path, "to"), "want "+string(from)+", as from is")
	case scale == "log" && (a <= 0 || b <= 0):
		d.value(o.n.child("scale"), join(o.path, "scale"), "want linear: there is no factor from 0 on")
		return nil, nil
	}
	for i := range steps {
		x := a + (b-a)*float64(i)/float64(steps-1)
		if scale == "log" {
			x = a * math.Pow(b/a, float64(i)/float64(steps-1))
		}
		if i > 0 && i < steps-1 {
			x = threeDigits(x)
		}
		values = append(values, &node{position: o.n.position, shape: scalar, text: from.text(x)})
		paths = append(paths, fmt.Sprintf("%s[%d]", o.path, i))
	}
	return values, paths
}

// A quantity is what a range is of.
type quantity string

const (
	none    quantity = ""
	aRate   quantity = "a rate"
	aShare  quantity = "a share"
	aPeriod quantity = "a time"
)

// bound reads one end of a range, in bit/s, hundredths or nanoseconds.
func (d *decoder) bound(o object, key string) (quantity, float64) {
	text := read(o, key, asText)
	if !o.has(key) {
		return none, 0
	}
	if r, err := unit.ParseBitRate(text); err == nil {
		return aRate, float64(r)
	}
	if x, err := unit.ParseShare(text); err == nil {
		return aShare, 100 * x
	}
	if t, err := unit.ParseDuration(text); err == nil {
		return aPeriod, float64(t)
	}
	d.value(o.n.child(key), join(o.path, key), "want a rate, a share or a time, such as 100kbps, 10% or 5ms")
	return none, 0
}

// text is x as a scenario has it.
func (q quantity) text(x float64) string {
	switch q {
	case aRate:
		return unit.BitRate(math.Round(x)).String()
	case aShare:
		return strconv.FormatFloat(x, 'f', -1, 64) + "%"
	}
	return time.Duration(math.Round(x)).String()
}

// threeDigits rounds to three significant ones.
func threeDigits(x float64) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	return y
}
