package emulator

// String returns "delivered", "lost" or "dropped", and the flags after it:
// "delivered+duplicated+corrupted".
func (f Fate) String() string {
	text := "delivered"
	switch {
	case f&Lost != 0:
		text = "lost"
	case f&Dropped != 0:
		text = "dropped"
	}
	if f&Duplicated != 0 {
		text += "+duplicated"
	}
	if f&Corrupted != 0 {
		text += "+corrupted"
	}
	return text
}
