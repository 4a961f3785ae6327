package stats

import (
	"runtime"
	"sync"
)

// inOrder computes of(i) for i from 0 to n−1 on all cores, a few ahead of what
// then takes them one by one, in order: what comes of it does not depend on how
// many cores there are.
func inOrder[T any](n int, of func(i int) T, then func(i int, v T)) {
	ahead := runtime.GOMAXPROCS(0)
	done := make([]chan T, n)
	for i := range done {
		done[i] = make(chan T, 1)
	}
	places := make(chan int, ahead) // what is handed out and not taken yet
	var all sync.WaitGroup
	for range min(ahead, n) {
		all.Go(func() {
			for i := range places {
				done[i] <- of(i)
			}
		})
	}
	next := 0
	for i := range n {
		for ; next < n && next < i+2*ahead; next++ {
			places <- next
		}
		then(i, <-done[i])
	}
	close(places)
	all.Wait()
}
