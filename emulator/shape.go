package emulator

import (
	"fmt"
	"math"
	"strconv"
)

// shapes are the names of the shapes.
var shapes = [...]string{Uniform: "uniform", Normal: "normal", Pareto: "pareto"}

// cut is how many times Jitter a packet may be late at most.
const cut = 4

// Quantile returns how late a packet is, in units of Jitter around Delay, that
// is later than the share u of all packets, u in (0, 1). It does not decrease
// with u.
//
//	Uniform  2u − 1: in ±1, standard deviation 1/√3
//	Normal   the standard normal distribution; what is beyond ±4 is at ±4,
//	         which makes its standard deviation 0.99994
//	Pareto   ((1−u)^(−1/3) − 1.464) / 0.5657, but at most 4: from −0.820
//
// A Pareto distribution of α = 3 has a standard deviation, but much of it in
// the tail: were it cut at 4 after it is brought to mean 0 and standard
// deviation 1, it would be left with −0.02 and 0.74. So it is cut first and
// brought to mean 0 and standard deviation 1 after, both exactly.
func (s Shape) Quantile(u float64) float64 {
	switch s {
	case Normal:
		return min(max(math.Sqrt2*math.Erfinv(2*u-1), -cut), cut)
	case Pareto:
		return min((1/math.Cbrt(1-u)-paretoMean)/paretoDeviation, cut)
	}
	return 2*u - 1
}

// A Pareto distribution of scale 1 and α = 3, cut at c, has the mean
// m = 3/2 − 1/(2c²) and the mean square 3 − 2/c. With c = 3.72697401281780, c is
// 4 standard deviations above m.
const (
	paretoMean      = 1.464003748687040034874
	paretoDeviation = 0.565742566032689941898
)

// String returns the shape as scenarios call it: "uniform", "normal" or
// "pareto".
func (s Shape) String() string {
	if s < 0 || int(s) >= len(shapes) {
		return "Shape(" + strconv.Itoa(int(s)) + ")"
	}
	return shapes[s]
}

// MarshalText writes the shape as String does.
func (s Shape) MarshalText() ([]byte, error) {
	if s < 0 || int(s) >= len(shapes) {
		return nil, fmt.Errorf("%v: want uniform, normal or pareto", s)
	}
	return []byte(s.String()), nil
}

// UnmarshalText reads what MarshalText writes, and nothing else.
func (s *Shape) UnmarshalText(text []byte) error {
	for i, name := range shapes {
		if string(text) == name {
			*s = Shape(i)
			return nil
		}
	}
	return fmt.Errorf("%.40q: want uniform, normal or pareto", text)
}
