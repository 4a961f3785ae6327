package selector

// A Budget is how much accuracy a selector may give up against the most
// accurate option. Both bounds hold; 1 means no bound.
type Budget struct {
	Absolute float64 `json:"absolute"` // difference of fractions: 0.1 for ten points ("10pp")
	Relative float64 `json:"relative"` // share of the best accuracy: 0.1 for "10%"
}

// Floor returns the least accuracy that the budget allows where best is the
// highest there is.
func (b Budget) Floor(best float64) float64 {
	return max(best-b.Absolute, best*(1-b.Relative))
}
