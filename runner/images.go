package runner

import (
	"sync"

	"github.com/testbed/testbed/inference/dataset"
)

// keptBytes is how many bytes of images are kept.
const keptBytes = 64 << 20

// images is a dataset that keeps its first images once they were asked for: in a
// virtual world all else takes less than to draw or read one. It may be asked by
// several goroutines.
type images struct {
	dataset.Dataset
	mu    sync.RWMutex
	kept  map[int]dataset.Sample
	bytes int
}

// Sample returns image i.
func (d *images) Sample(i int) (dataset.Sample, error) {
	d.mu.RLock()
	s, ok := d.kept[i]
	d.mu.RUnlock()
	if ok {
		return s, nil
	}
	s, err := d.Dataset.Sample(i)
	if err != nil {
		return s, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept == nil {
		d.kept = map[int]dataset.Sample{}
	}
	if d.bytes+len(s.Image) <= keptBytes {
		d.kept[i] = s
		d.bytes += len(s.Image)
	}
	return s, nil
}
