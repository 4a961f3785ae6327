package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/node"
	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/runner/profiling"
)

// profileOptions are the flags, checked.
func (a *app) profileOptions(ctx context.Context, names []string) (o profiling.Options, err error) {
	o = profiling.Options{Name: a.settings.GetString("name"), Image: imageFor, Runs: a.settings.GetInt("runs"), Pause: a.settings.GetDuration("pause"),
		Seed: a.settings.GetUint64("seed"), HoldOut: a.settings.GetBool("holdout"), Now: time.Now()}
	if o.Runs < 0 {
		return o, fmt.Errorf("--runs %d: want at least 1", o.Runs)
	}
	if o.Pause < 0 || o.Pause > time.Second {
		return o, fmt.Errorf("--pause %v: want 0 to 1s", o.Pause)
	}
	if a.settings.GetBool("quick") {
		o.Rounds, o.Opens, o.Loads = 3, 2, []float64{0, 0.5, 1}
		if o.Runs == 0 {
			o.Runs = 9
		}
	}
	threads, err := a.numbers("threads", 1, 1024)
	if err != nil {
		return o, err
	}
	for _, n := range threads {
		if n != math.Trunc(n) {
			return o, fmt.Errorf("--threads %s: want whole numbers", a.settings.GetString("threads"))
		}
		o.Threads = append(o.Threads, int(n))
	}
	loads, err := a.numbers("load", 0, 100)
	if err != nil {
		return o, err
	}
	if len(loads) > 0 {
		o.Loads = []float64{0}
	}
	for _, percent := range loads {
		if percent > 0 {
			o.Loads = append(o.Loads, percent/100)
		}
	}
	if o.HoldOut && len(o.Loads) == 1 {
		return o, fmt.Errorf("--holdout with --load %s: want another load than 0, for it to be predicted by", a.settings.GetString("load"))
	}
	if err := a.profileOut(); err != nil {
		return o, err
	}
	o.Models, err = a.profiledModels(ctx, names)
	return o, err
}

// numbers are those of a flag, ascending, with a comma between them; none if it
// is not given.
func (a *app) numbers(flag string, least, most float64) (all []float64, err error) {
	text := a.settings.GetString(flag)
	if text == "" {
		return nil, nil
	}
	for word := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseFloat(strings.TrimSpace(word), 64)
		if err != nil || !(n >= least && n <= most) || len(all) > 0 && n <= all[len(all)-1] {
			return nil, fmt.Errorf("--%s %s: want ascending numbers from %v to %v, with commas between them", flag, text, least, most)
		}
		all = append(all, n)
	}
	return all, nil
}

// profileOut refuses a name for the profile before minutes are spent on it.
func (a *app) profileOut() error {
	file := a.settings.GetString("out")
	if file == "" || file == "-" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
		return fmt.Errorf("--out %s: no directory %s", file, filepath.Dir(file))
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fmt.Errorf("--out %s: want the name of a file", file)
	}
	return nil
}

// profiledModels are the models of these names; of none, those built in.
func (a *app) profiledModels(ctx context.Context, names []string) ([]model.Model, error) {
	if len(names) == 0 {
		return model.Builtin(), nil
	}
	var all []model.Model
	for _, name := range names {
		var m model.Model
		var err error
		if network, seeded := strings.CutSuffix(name, "-seeded"); seeded {
			m, err = a.seeded(ctx, network, false)
		} else {
			m, err = a.evaluated(name)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// smallImage is up to what size, in pixels, a model takes pictures of signs; for
// larger ones it is a photograph that has to be made smaller.
const smallImage = 64

// imageFor is an image as the model would get one.
func imageFor(m model.Model) ([]byte, error) {
	spec := dataset.Spec{Name: "synthetic", Images: 1, Seed: 1}
	if m.Recipe.Size <= smallImage {
		spec = dataset.Spec{Name: "signs", Images: 1}
	}
	d, err := dataset.Open(spec)
	if err != nil {
		return nil, err
	}
	s, err := d.Sample(0)
	return s.Image, err
}

// profiledNode is the node to measure, and how it is given back.
func (a *app) profiledNode(ctx context.Context, models []model.Model) (profiling.Node, func() error, error) {
	provider := a.settings.GetString("provider")
	if err := (onnx.Options{Provider: provider}).Check(); err != nil {
		return nil, nil, badInput(fmt.Errorf("--%w", err))
	}
	if url := a.settings.GetString("node"); url != "" {
		dial := node.DialOptions{URL: url}
		var err error
		if dial.Token, err = a.token(); err != nil {
			return nil, nil, badInput(err)
		}
		if dial.TLS, err = trust(a.settings.GetString("ca")); err != nil {
			return nil, nil, badInput(fmt.Errorf("--ca: %w", err))
		}
		n, err := profiling.OpenRemote(ctx, profiling.RemoteOptions{Dial: dial, Models: models, Repository: a.settings.GetString("repository"), Provider: provider})
		if err != nil {
			return nil, nil, err
		}
		return n, n.Close, nil
	}
	library, err := onnx.Find()
	if err != nil {
		return nil, nil, err
	}
	n, err := profiling.OpenLocal(ctx, profiling.LocalOptions{Models: models, Library: library, CPUs: a.settings.GetInt("cpus"), Provider: provider})
	if err != nil {
		return nil, nil, err
	}
	return n, n.Close, nil
}

// trust is the certificates of a file; nil, which is those of the system, of none.
func trust(file string) (*tls.Config, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in it: want PEM", file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
