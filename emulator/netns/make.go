//go:build linux

package netns

import "fmt"

// makeSite connects the nodes of a site, whose processes are pids, and returns
// their link, which is not set yet.
func (l layout) makeSite(s site, setup SetupArgs, pids map[string]int) (*link, error) {
	made := &link{port: s.port, name: s.name, setup: setup, kernel: thisKernel}
	var err error
	if s.byTUN(setup.Config.device()) {
		made.kernel.redirect = func() error { return errTUN }
		made.tunA, made.tunB, err = l.tunSite(s, pids[s.name])
	} else {
		err = l.connectSite(s, pids, setup.Config.Break == breakOffload)
	}
	if err != nil {
		return nil, fmt.Errorf("link of %s: %w", s.name, err)
	}
	return made, nil
}

// makePair does the same for a pair.
func (l layout) makePair(p pairing, setup SetupArgs, pids map[string]int) (*link, error) {
	made := &link{port: p.port, name: p.Name(), setup: setup, kernel: thisKernel}
	var err error
	if setup.Config.device() == deviceTUN {
		made.kernel.redirect = func() error { return errTUN }
		made.tunA, made.tunB, err = tunPair(p, pids)
	} else {
		err = connectPair(p, pids)
	}
	if err != nil {
		return nil, fmt.Errorf("link of %s: %w", p.Name(), err)
	}
	return made, nil
}
