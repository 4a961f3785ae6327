package selector

// A Curve is how much longer than in its profile a computation takes on a node,
// by the share of its CPUs that others use: points in order of utilization. A
// nil Curve is not known.
type Curve []Point

// A Point of a Curve. Utilization is 0 to 1; Slowdown is 1 where nothing is
// slower.
type Point struct {
	Utilization float64 `json:"utilization"`
	Slowdown    float64 `json:"slowdown"`
}

// At is the slowdown at a utilization. Between points the speed, 1/slowdown, is
// linear, as it is where others take their share and leave the rest; before the
// first and after the last it is as there. Of a nil Curve it is the Prior.
func (c Curve) At(utilization float64) float64 {
	if len(c) == 0 {
		return Prior(utilization)
	}
	last := c[0]
	for _, p := range c[1:] {
		if utilization < p.Utilization {
			along := max(utilization-last.Utilization, 0) / (p.Utilization - last.Utilization)
			return 1 / (1/last.Slowdown + along*(1/p.Slowdown-1/last.Slowdown))
		}
		last = p
	}
	return last.Slowdown
}
