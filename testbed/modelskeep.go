package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) modelsVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Hash every file of the store and say which are not what they should be",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.bind(cmd); err != nil {
				return err
			}
			s, err := openStore()
			if err != nil {
				return err
			}
			bar := a.newMeter("verify")
			problems, err := s.Verify(cmd.Context(), bar.show)
			bar.finish()
			if err != nil {
				return interruptible(err)
			}
			for _, p := range problems {
				fmt.Fprintf(a.out, "%s: %s: %v\n", p.Model, p.File, p.Err)
			}
			if len(problems) > 0 {
				return &exitError{exitFailed, fmt.Errorf("%d files in %s are not what they should be: pull or add them again", len(problems), s.Dir())}
			}
			_, err = fmt.Fprintf(a.out, "%s: ok\n", s.Dir())
			return err
		},
	}
}

func (a *app) modelsRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME...",
		Short: "Forget models of the store; gc then frees their files",
		Args:  args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, names []string) error {
			if err := a.bind(cmd); err != nil {
				return err
			}
			s, err := openStore()
			if err != nil {
				return err
			}
			for _, name := range names {
				if err := s.Remove(name); err != nil {
					return badInput(err)
				}
			}
			return nil
		},
	}
}

func (a *app) modelsGC() *cobra.Command {
	return &cobra.Command{
		Use:   "gc",
		Short: "Free what no model of the store uses: old files, downloads that were given up",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.bind(cmd); err != nil {
				return err
			}
			s, err := openStore()
			if err != nil {
				return err
			}
			freed, n, err := s.GC()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s: %s removed, %s\n", s.Dir(), plural(n, "file"), megabytes(freed))
			return err
		},
	}
}
