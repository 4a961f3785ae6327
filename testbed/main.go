// Testbed runs inference experiments under emulated network conditions and
// background load, and reports what they show. See README.md, or
//
//	testbed help
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/viper"

	"github.com/testbed/testbed/emulator/load"
	"github.com/testbed/testbed/emulator/netns"
	"github.com/testbed/testbed/scenarios"
)

// Exit statuses.
const (
	exitDone        = 0
	exitFailed      = 1
	exitInput       = 2   // the input was wrong: flags, scenario, model
	exitVerdict     = 3   // done, and with --check the verdict is not PASS
	exitInterrupted = 130 // by a signal; what was recorded is kept
)

// An exitError ends the program with a status. An empty message was said
// already.
type exitError struct {
	status int
	err    error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// badInput marks an error as one of the input.
func badInput(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{exitInput, err}
}

func main() {
	// A world starts this program again as its router, its nodes and its
	// load; those calls do not return.
	netns.Main(nodeMain)
	load.Main()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is the program: it carries out args, writes results to out and all else
// to diag, and returns the exit status.
func run(ctx context.Context, args []string, out, diag io.Writer) int {
	root := newRoot(out, diag)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if msg := err.Error(); msg != "" {
		fmt.Fprintln(diag, "testbed: "+msg)
	}
	var exit *exitError
	var field *scenarios.FieldError
	switch {
	case errors.As(err, &exit):
		return exit.status
	case errors.As(err, &field):
		return exitInput
	}
	return exitFailed
}

// An app is what the commands share.
type app struct {
	out, diag io.Writer
	settings  *viper.Viper
}

func newRoot(out, diag io.Writer) *cobra.Command {
	a := &app{out: out, diag: diag, settings: viper.New()}
	// Every flag may come from the environment: TESTBED_OUT for --out.
	a.settings.SetEnvPrefix("TESTBED")
	a.settings.SetEnvKeyReplacer(strings.NewReplacer("-", "_"))
	a.settings.AutomaticEnv()
	root := &cobra.Command{
		Use:   "testbed",
		Short: "Measure inference latency under emulated networks and load",
		Long: `Testbed makes a network and a load, runs real inference under two model
selectors on the same images, and leaves a directory with every request, the
plots, and a verdict that says what it rests on.

    testbed run scenarios/quick.yaml      # a first run, in seconds
    testbed doctor                        # what this machine can do

Every flag but --set can be given in the environment as TESTBED_NAME.

Exit status: 0 done; 1 it failed; 2 the input was wrong; 3 done, and with
--check the verdict is not PASS, or a calibration is off; 130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return badInput(fmt.Errorf("unknown command %q; see testbed help", args[0]))
			}
			return cmd.Help()
		},
	}
	root.SetOut(out)
	root.SetErr(diag)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badInput(fmt.Errorf("%w; see %s --help", err, cmd.CommandPath()))
	})
	root.PersistentFlags().BoolP("quiet", "q", false, "say nothing but results and errors")
	root.AddCommand(a.runCommand(), a.planCommand(), a.validateCommand(), a.reportCommand(), a.viewCommand(), a.compareCommand(), a.plotCommand(), a.replayCommand(), a.doctorCommand(), a.calibrateCommand(), a.modelsCommand(), a.datasetsCommand(), a.nodeCommand(), a.profileCommand(), a.tracesCommand(), a.schemaCommand(), a.versionCommand())
	return root
}

// bound makes a command of do: viper knows the command's flags by then, so that
// the environment can set them.
func (a *app) bound(do func(cmd *cobra.Command, words []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, words []string) error {
		if err := a.settings.BindPFlags(cmd.Flags()); err != nil {
			return err
		}
		return do(cmd, words)
	}
}

// quiet says whether only results and errors are wanted.
func (a *app) quiet() bool { return a.settings.GetBool("quiet") }

// say tells a person something that is not a result.
func (a *app) say(format string, args ...any) {
	if !a.quiet() {
		fmt.Fprintf(a.diag, format+"\n", args...)
	}
}

// args wraps cobra's check of the number of arguments as an error of the input.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, list []string) error {
		if err := check(cmd, list); err != nil {
			return badInput(fmt.Errorf("%w; usage: %s", err, cmd.UseLine()))
		}
		return nil
	}
}
