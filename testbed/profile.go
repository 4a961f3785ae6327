package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/inference/onnx"
	"github.com/testbed/testbed/inference/profile"
	"github.com/testbed/testbed/runner/profiling"
)

func (a *app) profileCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profile [MODEL|FILE…]",
		Short: "Measure how fast a device is; list and show profiles",
		Long: `Profile measures a node for each model: to open a session, with its file cold
and warm, and of the optimised model that was kept; to run it with 1 to n
threads, idle and while others use the CPUs; and the memory that it takes. It
prints tables, and --out keeps a device profile, which a scenario's node may
name (profile: FILE) for selectors to go by.

The node is one on this machine, or with --node one on another that runs
testbed node --listen. MODEL is built in, stored, or NAME-seeded: the network
of that name with seeded weights. Without one, all that are built in are
measured. Background load is a share of each of the node's CPUs. A node that
waits between requests is slower at each than one that never does: --pause 10ms
measures that, which is what simulations of requests over a network want.

--holdout measures settings, too, that the profile is not made of, and holds
its predictions to them, within 15 %.

Exit status: 0 done; 1 it failed; 2 the input was wrong; 3 a prediction is off;
130 interrupted.`,
		Example: `    testbed profile resnet18-seeded resnet50-seeded --out device.yaml
    testbed profile signs-resnet44 --quick --holdout
    testbed profile mobilenet.onnx --manifest models.json --threads 1,4
    testbed profile --node http://10.0.0.7:8801 --token-file token --out pi.yaml
    testbed profile show proteus-cpu`,
		Args: args(cobra.ArbitraryArgs),
		RunE: a.bound(func(cmd *cobra.Command, names []string) error { return a.profile(cmd.Context(), names) }),
	}
	f := cmd.Flags()
	f.StringP("out", "o", "", "write the profile as YAML to this `FILE`; - is the standard output, without tables")
	f.String("name", "", "of the profile (default the device's)")
	f.String("threads", "", "`LIST` of threads of an inference, such as 1,2 (default 1 to the node's CPUs)")
	f.String("load", "", "`LIST` of background CPU in percent (default 0,25,50,75,100)")
	f.Duration("pause", 0, "before each run, as between requests (default none, as one after the other)")
	f.Int("runs", 0, "of each setting, at least (default 30)")
	f.Bool("holdout", false, "measure, too, what the profile is not made of, and compare")
	f.Bool("quick", false, "fewer loads, rounds and runs")
	f.Uint64("seed", 1, "of the order")
	f.Int("cpus", 0, "CPUs of the node on this machine (default all)")
	f.String("node", "", "`URL` of a node on another machine, such as http://10.0.0.7:8801")
	f.String("token-file", "", "`FILE` with the token that it wants (or TESTBED_TOKEN)")
	f.String("ca", "", "`FILE` with the certificate that it is trusted by, PEM")
	f.String("repository", "", "`HOST:PORT` of this machine where it gets models (default by which it is reached)")
	f.String("provider", "", strings.Join(onnx.ProviderNames(), ", ")+" (default cpu)")
	f.String("recipe", "", "how an image becomes the input of FILE")
	f.String("manifest", "", "`FILE.json` that describes the model files")
	f.Bool("json", false, "print as JSON")
	cmd.AddCommand(a.profileList(), a.profileShow())
	return cmd
}

func (a *app) profile(ctx context.Context, names []string) error {
	o, err := a.profileOptions(ctx, names)
	if err != nil {
		return a.interrupted(ctx, badInput(err))
	}
	n, closeNode, err := a.profiledNode(ctx, o.Models)
	if err != nil {
		return a.interrupted(ctx, err)
	}
	bar := newProgress(a)
	result, err := profiling.Run(ctx, n, o, bar.paced())
	bar.finish()
	if err = errors.Join(err, closeNode()); err != nil {
		return a.interrupted(ctx, err)
	}
	for _, w := range result.Warnings {
		a.say("warning: %s", w)
	}
	if err := a.printProfiled(result); err != nil {
		return err
	}
	if off := len(result.Off()); off > 0 {
		return &exitError{exitVerdict, fmt.Errorf("%d of %d predictions are off by more than %.0f %%", off, len(result.HeldOut), 100*profiling.Within)}
	}
	return nil
}

// interrupted is err, or that it was the user who ended it.
func (a *app) interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New("interrupted")}
	}
	return err
}

// paced is counter for what counts many small steps: where there is no bar, it
// prints a line in a while.
func (p *progress) paced() func(done, total int, what string) {
	show := p.counter()
	last := time.Now()
	return func(done, total int, what string) {
		if p.bar == nil && time.Since(last) < plainEvery {
			return
		}
		last = time.Now()
		show(done, total, what)
	}
}

// printProfiled prints what was measured, and keeps the profile, if that is
// asked for.
func (a *app) printProfiled(r profiling.Result) error {
	out := a.settings.GetString("out")
	if out != "" {
		if err := a.deliverBy(out, r.Profile.Write); err != nil {
			return err
		}
	}
	switch {
	case out == "-":
		return nil
	case a.settings.GetBool("json"):
		return a.printJSON(r)
	}
	if err := a.printProfile(r.Profile); err != nil {
		return err
	}
	if len(r.HeldOut) > 0 {
		return a.printHeldOut(r.HeldOut)
	}
	return nil
}

func (a *app) profileShow() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show FILE|NAME",
		Short:   "Show a profile: a file, or a published one by its name",
		Example: "    testbed profile show device.yaml\n    testbed profile show vv-rtx3080ti-cpu",
		Args:    args(cobra.ExactArgs(1)),
		RunE: a.bound(func(_ *cobra.Command, names []string) error {
			p, err := readProfile(names[0])
			if err != nil {
				return badInput(err)
			}
			if a.settings.GetBool("json") {
				return a.printJSON(p)
			}
			return a.printProfile(p)
		}),
	}
	cmd.Flags().Bool("json", false, "print as JSON")
	return cmd
}

func (a *app) profileList() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the profiles that are published and built in",
		Args:  args(cobra.NoArgs),
		RunE: a.bound(func(*cobra.Command, []string) error {
			if a.settings.GetBool("json") {
				return a.printJSON(profile.Published())
			}
			return a.printPublished()
		}),
	}
	cmd.Flags().Bool("json", false, "print as JSON")
	return cmd
}
