package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/testbed/testbed/scenarios"
	"github.com/testbed/testbed/selector/external"
)

func (a *app) validateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "validate FILE...",
		Short: "Check scenario files, and the models they name",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: a.bound(func(cmd *cobra.Command, files []string) error {
			wrong := 0
			for _, file := range files {
				if err := a.validate(cmd, file); err != nil {
					fmt.Fprintln(a.diag, "testbed: "+err.Error())
					wrong++
				}
			}
			if wrong > 0 {
				return &exitError{exitInput, nil}
			}
			return nil
		}),
	}
	scenarioFlags(cmd)
	return cmd
}

func (a *app) validate(cmd *cobra.Command, file string) error {
	plan, err := a.readPlan(cmd, file)
	if err != nil {
		return err
	}
	var s setup
	if err := a.models(cmd.Context(), plan, &s, true); err != nil {
		return err
	}
	if _, err := openDataset(plan, s.models); err != nil {
		return err
	}
	if _, err := knownOf(plan, s.models); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s: ok, %s, %s, %s\n", file, plural(len(plan.Conditions), "condition"), plural(len(plan.Trials), "trial"), plural(requests(plan), "request"))
	return err
}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema [scenario | selector]",
		Short: "Print the JSON Schema of scenario files, or of messages to selectors",
		Long: `Schema prints what editors complete and check scenario files by, or what a
selector of yours (exec or url) is told and answers.`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(_ *cobra.Command, of []string) error {
			text := scenarios.Schema()
			switch strings.Join(of, "") {
			case "", "scenario":
			case "selector":
				text = external.Schema()
			default:
				return badInput(fmt.Errorf("schema of %s: want scenario or selector", of[0]))
			}
			_, err := a.out.Write(text)
			return err
		},
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.out, "testbed %s, %s\n", version(), thisHost().Go)
			return err
		},
	}
}
