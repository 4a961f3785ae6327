package node

import "fmt"

// Prepare sets what the node holds for an arm.
func (s *service) Prepare(args PrepareArgs, _ *bool) error {
	n := s.asInference()
	if n == nil {
		return errRole("prepare", "an inference")
	}
	return n.prepare(s.ctx, args)
}

// Profile measures a model.
func (s *service) Profile(args ProfileArgs, p *Profile) (err error) {
	n := s.asInference()
	if n == nil {
		return errRole("profile", "an inference")
	}
	*p, err = n.profile(s.ctx, args)
	return err
}

// Status says what the node knows.
func (s *service) Status(arm string, st *Status) (err error) {
	n := s.asInference()
	if n == nil {
		return errRole("status", "an inference")
	}
	if *st, err = n.status(arm); err != nil {
		return err
	}
	s.loadMu.Lock()
	defer s.loadMu.Unlock()
	if s.burner != nil {
		st.LoadAsked = s.burner.share
		st.LoadAchieved, err = s.burner.status()
	}
	return err
}

// Probe measures the path to the repository.
func (s *service) Probe(args ProbeArgs, p *Probe) (err error) {
	n := s.asInference()
	if n == nil {
		return errRole("probe", "an inference")
	}
	*p, err = n.probe(s.ctx, args)
	return err
}

// Do sends one image.
func (s *service) Do(args DoArgs, r *Reply) (err error) {
	s.mu.Lock()
	c := s.control
	s.mu.Unlock()
	if c == nil {
		return errRole("do", "a control")
	}
	*r, err = c.do(s.ctx, args)
	return err
}

// SetLoad replaces the background load. The new one begins afresh: it owes
// nothing for the old one.
func (s *service) SetLoad(share float64, _ *bool) error {
	if s.asInference() == nil {
		return errRole("set load", "an inference")
	}
	if !(share >= 0 && share <= 1) {
		return fmt.Errorf("set load: %v: want a share from 0 to 1", share)
	}
	s.loadMu.Lock()
	defer s.loadMu.Unlock()
	if err := s.burner.stop(); err != nil {
		return err
	}
	s.burner = nil
	if share == 0 {
		return nil
	}
	b, err := burn(s.ctx, share)
	if err == nil {
		s.burner = b
	}
	return err
}

// endLoad returns when there is no background load.
func (s *service) endLoad() error {
	s.loadMu.Lock()
	defer s.loadMu.Unlock()
	b := s.burner
	s.burner = nil
	return b.stop()
}

func (s *service) asInference() *inference {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inference
}
