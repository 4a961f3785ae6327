package stats

import "slices"

// A names numbers names: those known beforehand as they stand, others as they
// come, until they are sorted.
type names struct {
	all   []string
	at    map[string]int32
	known int
	place []int32 // by number, once sorted
}

func newNames(known []string) *names {
	n := &names{at: map[string]int32{}}
	for _, k := range known {
		n.add(k)
	}
	return n
}

// add is a name that is known beforehand. Of two that are the same the first
// counts.
func (n *names) add(name string) {
	if _, ok := n.at[name]; !ok {
		n.at[name] = int32(len(n.all))
	}
	n.all = append(n.all, name)
	n.known = len(n.all)
}

// of is the number of a name, for now.
func (n *names) of(name string) int32 {
	if i, ok := n.at[name]; ok {
		return i
	}
	n.at[name] = int32(len(n.all))
	n.all = append(n.all, name)
	return n.at[name]
}

// sort puts the names that were not known in order, after the others, and
// returns them.
func (n *names) sort() []string {
	others := slices.Sorted(slices.Values(n.all[n.known:]))
	n.place = make([]int32, len(n.all))
	for i, name := range n.all {
		n.place[i] = int32(i)
		if i >= n.known {
			k, _ := slices.BinarySearch(others, name)
			n.place[i] = int32(n.known + k)
		}
	}
	return others
}
