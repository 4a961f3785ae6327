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
	st.Loads, err = s.background.status()
	return err
}

// Probe measures the path to the repository, or from control to a node.
func (s *service) Probe(args ProbeArgs, p *Probe) (err error) {
	if c := s.asControl(); c != nil {
		*p, err = c.probe(s.ctx, args)
		return err
	}
	n := s.asInference()
	if n == nil {
		return errRole("probe", "an inference")
	}
	*p, err = n.probe(s.ctx, args)
	return err
}

// Do sends one image.
func (s *service) Do(args DoArgs, r *Reply) (err error) {
	c := s.asControl()
	if c == nil {
		return errRole("do", "a control")
	}
	*r, err = c.do(s.ctx, args)
	return err
}

// Cut ends a request that is under way, if there is one of this ID.
func (s *service) Cut(id uint64, found *bool) error {
	c := s.asControl()
	if c == nil {
		return errRole("cut", "a control")
	}
	*found = c.cut(id)
	return nil
}

// SetLoad replaces the background load.
func (s *service) SetLoad(args LoadArgs, _ *bool) error {
	if s.asInference() == nil {
		return errRole("set load", "an inference")
	}
	if err := s.background.set(s.ctx, args); err != nil {
		return fmt.Errorf("set load: %w", err)
	}
	return nil
}

func (s *service) asControl() *control {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.control
}

func (s *service) asInference() *inference {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inference
}
