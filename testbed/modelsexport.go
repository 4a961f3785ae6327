package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/arch"
)

func (a *app) modelsExport() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export NAME",
		Short: "Write an exact architecture with random weights as ONNX",
		Long: `Export writes the exact network of a published architecture with weights drawn
by a seed, for measuring latency where no weights can be had. Its answers mean
nothing; every report of a run that uses it says so. Scenarios get the same
file by weights: seeded, without this command.`,
		Example: "    testbed models export resnet152 --weights seeded --out resnet152.onnx",
		Args:    args(cobra.ExactArgs(1)),
		RunE:    a.bound(func(_ *cobra.Command, names []string) error { return a.export(names[0]) }),
	}
	f := cmd.Flags()
	f.String("weights", "seeded", "the only kind there is")
	f.Uint64("seed", seed, "of the weights")
	f.StringP("out", "o", "", "`FILE` to write (default NAME-seeded.onnx)")
	return cmd
}

func (a *app) export(name string) error {
	if w := a.settings.GetString("weights"); w != "seeded" {
		return badInput(fmt.Errorf("--weights %s: want seeded: trained weights are pulled or added", w))
	}
	if _, err := arch.Describe(name); err != nil {
		return badInput(err)
	}
	out := a.settings.GetString("out")
	if out == "" {
		out = name + "-seeded.onnx"
	}
	write := func(w io.Writer) error { return arch.Write(w, name, a.settings.GetUint64("seed")) }
	if err := a.deliverBy(out, write); err != nil || out == "-" {
		return err
	}
	a.say("%s: seeded weights, its answers mean nothing", out)
	return nil
}
