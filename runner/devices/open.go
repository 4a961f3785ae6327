package devices

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"

	"github.com/testbed/testbed/scenarios"
)

// possible is an error for what a plan asks of real machines that nobody can
// give there.
func possible(plan *scenarios.Plan) error {
	for _, n := range plan.Scenario.Nodes {
		if n.Address == "" {
			return fmt.Errorf("node %s: no address: want one such as http://192.168.1.7:8801", n.Name)
		}
	}
	for _, c := range plan.Conditions {
		for name, l := range c.Links {
			if !l.Down.Perfect() || !l.Up.Perfect() {
				return fmt.Errorf("condition %s: link %s: links between real machines are as they are: want none", c.ID, name)
			}
		}
		for _, n := range plan.Scenario.Nodes {
			if l := c.Background[n.Name]; !l.Down.IsZero() || !l.Up.IsZero() {
				return fmt.Errorf("condition %s: background of node %s: cross traffic between real machines is as it is: want none", c.ID, n.Name)
			}
			if n.Protocol != plain {
				continue
			}
			if c.Residency != "warm" {
				return fmt.Errorf("condition %s: residency %s: want warm: node %s of protocol oip keeps its models as it likes", c.ID, c.Residency, n.Name)
			}
			if !c.Background[n.Name].IsZero() {
				return fmt.Errorf("condition %s: background of node %s: want none on a node of protocol oip: nobody there makes it", c.ID, n.Name)
			}
		}
	}
	return nil
}

// A target is how a node is spoken to.
type target struct {
	url   string
	token string      // empty: none
	tls   *tls.Config // nil: what the system trusts
}

func targetOf(n scenarios.Node, token string) (target, error) {
	t := target{url: n.Address, token: token}
	if n.CA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(n.CA)
	if err != nil {
		return t, fmt.Errorf("ca: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return t, fmt.Errorf("ca: %s: no certificate in it: want PEM", n.CA)
	}
	t.tls = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return t, nil
}
