package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/dataset"
	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/store"
)

func (a *app) modelsPull() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pull NAME...",
		Short: "Get published weights from the ONNX Model Zoo into the store",
		Long: `Pull gets the file of a published model, goes on with one that was cut short,
and verifies its SHA-256 before it can be used. HTTPS_PROXY is honoured;
--mirror URL (or TESTBED_MIRROR) gets it from elsewhere, by the same paths.

The weights of the zoo are often others than those whose accuracy is best
known (its ResNets are GluonCV's): models show NAME says what is whose.`,
		Example: "    testbed models pull resnet50\n    testbed models pull mobilenetv2 --kind int8",
		Args:    args(cobra.MinimumNArgs(1)),
		RunE:    a.bound(func(cmd *cobra.Command, names []string) error { return a.pull(cmd.Context(), names) }),
	}
	f := cmd.Flags()
	f.String("mirror", "", "base `URL` to get files from")
	f.String("weights", "", "which published `WEIGHTS`; see models show")
	f.String("kind", "", "float32, int8 or qdq; the first that the catalogue has")
	f.String("name", "", "call it so in the store; for one model")
	f.String("labels", "", "`FILE` with the names of the classes, a line each or index,wnid,name")
	return cmd
}

func (a *app) pull(ctx context.Context, names []string) error {
	if a.settings.GetString("name") != "" && len(names) > 1 {
		return badInput(errors.New("--name is for one model"))
	}
	labels, err := a.labels()
	if err != nil {
		return badInput(err)
	}
	s, err := openStore()
	if err != nil {
		return err
	}
	for _, name := range names {
		e, v, f, err := a.published(name)
		if err != nil {
			return badInput(err)
		}
		bar := a.newMeter(e.Name)
		m, err := s.Pull(ctx, e, v, f, store.Options{Name: a.settings.GetString("name"), Mirror: a.settings.GetString("mirror"), Progress: bar.show})
		bar.finish()
		if err == nil && labels != nil {
			m.Labels = labels
			err = s.Update(m)
		}
		if err != nil {
			return interruptible(err)
		}
		fmt.Fprintf(a.out, "%s: %s, %s, %s\n", m.Name, megabytes(m.Bytes), m.SHA256[:12], accuracySource(m))
	}
	return nil
}

// published finds the file to get for a name and the flags.
func (a *app) published(name string) (e model.Entry, v model.Variant, f model.ZooFile, err error) {
	e, ok := model.Known(name)
	if !ok {
		return e, v, f, fmt.Errorf("no published model %q: testbed models list shows them", name)
	}
	if v, f, err = e.Download(); err != nil {
		return e, v, f, fmt.Errorf("%s: no file of its weights is known; %s", e.Name, howToGet(e.Name))
	}
	if w := a.settings.GetString("weights"); w != "" {
		if v, err = e.Variant(w); err != nil {
			return e, v, f, err
		}
		if len(v.Files) == 0 {
			return e, v, f, fmt.Errorf("%s: no file of weights %s is known; %s", name, v.Weights, howToGet(name))
		}
		f = v.Files[0]
	}
	if kind := a.settings.GetString("kind"); kind != "" {
		i := slices.IndexFunc(v.Files, func(f model.ZooFile) bool { return f.Kind == kind })
		if i < 0 {
			return e, v, f, fmt.Errorf("%s: no file of kind %q: models show %s lists those there are", name, kind, name)
		}
		f = v.Files[i]
	}
	return e, v, f, nil
}

// labels are the names of classes that --labels gives; nil without it.
func (a *app) labels() ([]string, error) {
	name := a.settings.GetString("labels")
	if name == "" {
		return nil, nil
	}
	return dataset.ReadClassNames(name)
}

// interruptible gives a command that was interrupted its exit status.
func interruptible(err error) error {
	if errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, errors.New("interrupted; what has come is kept, and the next try goes on from there")}
	}
	return err
}
